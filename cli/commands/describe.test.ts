import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { expectGolden } from "../../test/golden/expect-golden.ts"
import { formatAge } from "../output/age.ts"
import { mctl } from "../testing/fake-server.ts"
import { formatEvents, formatObject } from "./describe.ts"

const golden = (name: string): string => join(import.meta.dirname, "../golden", name)
const now = Date.parse("2026-01-01T01:00:00Z")

describe("describe", () => {
  test("shows fields, conditions and events, and leaves people's own words as they are", () => {
    const object = {
      apiVersion: "compute.miren.dev/v1alpha1",
      kind: "Sandbox",
      metadata: {
        name: "hello",
        namespace: "default",
        uid: "u",
        labels: { app: "x", "a.b/c": "d" },
        managedFields: [],
      },
      spec: {
        containers: [{ name: "web", args: ["a", "b"], env: [], resources: { limits: { cpu: "1" } } }],
        restartPolicy: "Always",
      },
      status: {
        sandboxIP: "10.220.0.2",
        conditions: [
          { type: "Ready", status: "False", reason: "ImagePullBackOff", message: "no such\nimage\u001b[2J" },
          { type: "Scheduled", status: "True", reason: "Bound", message: "" },
        ],
      },
    }
    const events = [
      {
        type: "Warning",
        reason: "Failed",
        message: "again",
        count: 3,
        lastTimestamp: "2026-01-01T00:59:30Z",
        source: { component: "runner" },
      },
      {
        type: "Normal",
        reason: "Pulling",
        message: "image",
        lastTimestamp: "2026-01-01T00:50:00Z",
        reportingComponent: "runner",
      },
    ]
    expectGolden(golden("describe.txt"), formatObject(object) + formatEvents(events, now))
  })

  test("tells of a Secret's values their length only", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      data: { password: Buffer.from("hunter2").toString("base64") },
    }
    const text = formatObject(secret)
    expect(text).toContain("7 bytes")
    expect(text).not.toContain(secret.data.password)
  })

  test("asks for the events of just this object", async () => {
    const { requests } = await mctl(["describe", "cm", "a"], {
      routes: {
        "GET /api/v1/namespaces/default/configmaps/a": {
          body: {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "a", namespace: "default", uid: "u" },
          },
        },
      },
    })
    expect(decodeURIComponent(requests.at(-1)?.line ?? "")).toBe(
      "GET /api/v1/namespaces/default/events?fieldSelector=involvedObject.kind=ConfigMap,involvedObject.name=a,involvedObject.uid=u",
    )
  })
})

test.each([
  ["2026-01-01T00:59:55Z", "5s"],
  ["2026-01-01T00:58:00Z", "2m"],
  ["2026-01-01T00:56:48Z", "3m12s"],
  ["2026-01-01T00:30:00Z", "30m"],
  ["2025-12-31T20:30:00Z", "4h30m"],
  ["2025-12-31T10:00:00Z", "15h"],
  ["2025-12-28T20:00:00Z", "3d5h"],
  ["2025-11-01T00:00:00Z", "61d"],
  ["2020-01-01T00:00:00Z", "6y"],
  ["2026-01-01T02:00:00Z", "0s"],
  ["never", "<unknown>"],
])("%s was %s ago", (time, want) => {
  expect(formatAge(time, now)).toBe(want)
})
