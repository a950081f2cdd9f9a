import type { ConfigMap } from "miren/schemas"
import { describe, expect, test } from "vitest"
import type { Greeting } from "../src/generated/greeting.gen.ts"
import { type Observed, plan } from "../src/plan.ts"

const greeting: Greeting = {
  apiVersion: "example.com/v1",
  kind: "Greeting",
  metadata: { name: "hi", namespace: "default", uid: "u", generation: 3 },
  spec: { text: "Hello", times: 2 },
}
const theirs: ConfigMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "hi-page" } }
const base: Observed = { greeting, page: undefined, now: "2026-01-01T00:00:00Z" }

describe("a greeting", () => {
  test.each<[string, Observed, string | undefined, string]>([
    ["without a page gets one", base, "Hello\nHello", "Written"],
    ["leaves alone what others made", { ...base, page: theirs }, undefined, "NotOurs"],
  ])("%s", (_name, observed, text, reason) => {
    const { page, status } = plan(observed)
    expect(page === undefined ? undefined : page.data).toEqual(text === undefined ? undefined : { text })
    expect(status.conditions).toMatchObject([{ type: "Ready", reason, observedGeneration: 3 }])
  })
})
