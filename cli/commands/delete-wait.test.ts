import { describe, expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { failure, mctl, type Routes } from "../testing/fake-server.ts"

const collection = "/apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes"
const hello = `${collection}/hello`
const gone = failure(404, "NotFound", 'sandboxes "hello" not found')
const object = (more: JsonObject = {}): JsonObject => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name: "hello", namespace: "default", uid: "u1", resourceVersion: "5", generation: 2 },
  ...more,
})
const event = (type: string, of: JsonObject): string => `${JSON.stringify({ type, object: of })}\n`
const deleted: JsonObject = { kind: "Status", status: "Success", code: 200, details: { uid: "u1" } }

describe("delete", () => {
  const routes: Routes = {
    [`DELETE ${hello}`]: { body: deleted },
    [`GET ${hello}`]: gone,
    [`GET ${collection}`]: { body: { kind: "SandboxList", items: [object()] } },
  }

  test.each<[string, string, JsonObject]>([
    ["in the background", "delete sb hello", { propagationPolicy: "Background" }],
    ["as --cascade says", "delete sb hello --cascade=orphan", { propagationPolicy: "Orphan" }],
    ["quickly with --now", "delete sb/hello --now", { gracePeriodSeconds: 1 }],
    ["with a grace period", "delete sandbox hello --grace-period=5", { gracePeriodSeconds: 5 }],
    ["at once with --force", "delete sandbox hello --grace-period=0 --force", { gracePeriodSeconds: 0 }],
    ["as a dry run", "delete sandbox hello --dry-run=server", { dryRun: ["All"] }],
    ["all of a namespace", "delete sandboxes --all", {}],
    ["those with labels", "delete sandboxes -l app=x", {}],
  ])("deletes %s", async (_, line, body) => {
    const { code, stdout, requests } = await mctl(line.split(" "), { routes })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^sandbox\.compute\.miren\.dev "hello" deleted( \(server dry run\))?\n$/)
    expect(requests.find((request) => request.line.startsWith("DELETE"))?.body).toMatchObject(body)
  })

  test("waits until the object is gone, not only marked", async () => {
    let reads = 0
    const { code, requests } = await mctl(["delete", "sb", "hello"], {
      routes: {
        [`DELETE ${hello}`]: {
          body: object({ metadata: { uid: "u1", deletionTimestamp: "2026-01-01T00:00:00Z" } }),
        },
        [`GET ${hello}`]: () => (reads++ === 0 ? { body: object() } : gone),
        [`GET ${collection}?`]: { body: [event("MODIFIED", object()), event("DELETED", object())] },
      },
    })
    expect(code).toBe(0)
    expect(requests.at(-1)?.line).toBe(
      `GET ${collection}?fieldSelector=metadata.name%3Dhello&watch=true&resourceVersion=5`,
    )
  })

  test("takes an object that has the name but another uid as gone", async () => {
    const other = object({ metadata: { name: "hello", uid: "u2" } })
    const { code } = await mctl(["delete", "sb", "hello"], {
      routes: { ...routes, [`GET ${hello}`]: { body: other } },
    })
    expect(code).toBe(0)
  })

  test("does not wait with --wait=false", async () => {
    const { requests } = await mctl(["delete", "sb", "hello", "--wait=false"], { routes })
    expect(requests.at(-1)?.line).toBe(`DELETE ${hello}`)
  })

  test("deletes what a manifest names, the last first", async () => {
    const stdin =
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\n"
    const { stdout } = await mctl(["delete", "-f", "-", "--wait=false"], {
      stdin,
      routes: {
        "DELETE /api/v1/namespaces/n": { body: deleted },
        "DELETE /api/v1/namespaces/n/configmaps/c": { body: deleted },
      },
    })
    expect(stdout).toBe('configmap "c" deleted\nnamespace "n" deleted\n')
  })

  test.each([
    ["an object that is not there", "delete sb none", /NotFound/],
    ["a type without names", "delete sandboxes", /which sandboxes/],
    ["names and --all", "delete sandboxes hello --all", /not both/],
    ["no grace at all without --force", "delete sb hello --grace-period=0", /needs --force/],
  ])("fails for %s", async (_, line, want) => {
    const { code, stderr } = await mctl(line.split(" "), {
      routes: { ...routes, [`DELETE ${collection}/none`]: gone },
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(want)
  })
})

describe("wait", () => {
  const ready = (status: string, observedGeneration?: number): JsonObject =>
    object({
      spec: { runtimeHandler: "gvisor" },
      status: {
        conditions: [
          { type: "Ready", status, ...(observedGeneration === undefined ? {} : { observedGeneration }) },
        ],
      },
    })
  const wait = (words: string, now: JsonObject | undefined, events: ReadonlyArray<string> = []) =>
    mctl(["wait", "sb/hello", ...words.split(" ")], {
      routes: {
        [`GET ${hello}`]: now === undefined ? gone : { body: now },
        [`GET ${collection}?`]: { body: [...events, ""] },
      },
    })

  test.each<[string, string, JsonObject | undefined, ReadonlyArray<string>]>([
    ["a condition that holds", "--for=condition=Ready", ready("True"), []],
    ["a condition by another case", "--for=condition=ready=true", ready("True"), []],
    [
      "a condition that comes to hold",
      "--for=condition=Ready",
      ready("False"),
      [event("MODIFIED", ready("True"))],
    ],
    [
      "a condition of the current generation only",
      "--for=condition=Ready",
      ready("True", 1),
      [event("MODIFIED", ready("True", 2))],
    ],
    ["a condition with another status", "--for=condition=Ready=False", ready("False"), []],
    ["a field that is there", "--for=jsonpath={.status.conditions}", ready("False"), []],
    ["a field with a value", "--for=jsonpath={.spec.runtimeHandler}=gvisor", ready("True"), []],
    [
      "a filter with a value",
      '--for=jsonpath={.status.conditions[?(@.type=="Ready")].status}=True',
      ready("True"),
      [],
    ],
    ["what is gone", "--for=delete", undefined, []],
    ["what goes", "--for=delete", ready("True"), [event("DELETED", ready("True"))]],
    ["what comes to be", "--for=create", undefined, [event("ADDED", ready("False"))]],
  ])("ends for %s", async (_, words, now, events) => {
    const { code, stderr } = await wait(words, now, events)
    expect([code, stderr]).toEqual([0, ""])
  })

  test("ends with exit code 1 when the time is over, and says what for", async () => {
    const { code, stderr } = await wait("--for=condition=Ready --timeout=50ms", ready("False"))
    expect(code).toBe(1)
    expect(stderr).toBe(
      "error: timed out waiting for sandbox.compute.miren.dev/hello to have condition Ready=True\n",
    )
  })

  test.each<[string, string, JsonObject | undefined]>([
    ["for nothing", "--timeout=1s", ready("True")],
    ["for what is unknown", "--for=luck", ready("True")],
    ["for a condition of what is not there", "--for=condition=Ready", undefined],
  ])("fails at once when it is asked to wait %s", async (_, words, now) => {
    expect((await wait(words, now)).code).toBe(1)
  })
})
