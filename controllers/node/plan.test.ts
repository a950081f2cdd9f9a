import { describe, expect, test } from "vitest"
import type { Node } from "../../schemas/index.ts"
import { type Observed, plan } from "./plan.ts"

const NOW = Date.parse("2026-01-01T00:00:00Z")
const node = (ready: "True" | "False" | "Unknown" | undefined): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n1" },
  status: {
    conditions: [
      { type: "DiskPressure", status: "False" },
      ...(ready === undefined
        ? []
        : [{ type: "Ready", status: ready, lastTransitionTime: "2025-01-01T00:00:00Z" }]),
    ],
  },
})

describe("a node", () => {
  test.each<[string, Omit<Observed, "now">, string]>([
    [
      "whose lease is fresh is looked at when it would be old",
      { node: node("True"), silentForMs: 0 },
      "Wait 41000",
    ],
    ["has forty seconds", { node: node("True"), silentForMs: 40_000 }, "Wait 1000"],
    ["whose runner is silent is lost", { node: node("True"), silentForMs: 40_001 }, "MarkLost"],
    ["that said it was not ready is lost too", { node: node("False"), silentForMs: 40_001 }, "MarkLost"],
    ["that never said anything is lost too", { node: node(undefined), silentForMs: 40_001 }, "MarkLost"],
    ["that is marked is not marked again", { node: node("Unknown"), silentForMs: 90_000 }, "Rest"],
  ])("%s", (_name, observed, want) => {
    const action = plan({ ...observed, now: NOW })
    expect(action._tag === "Wait" ? `Wait ${action.millis}` : action._tag).toBe(want)
  })

  test("keeps what others say of it", () => {
    const action = plan({ node: node("True"), silentForMs: 50_000, now: NOW })
    if (action._tag !== "MarkLost") throw new Error("expected a mark")
    expect(action.conditions.map(({ type, status }) => `${type}=${status}`)).toEqual([
      "DiskPressure=False",
      "Ready=Unknown",
      "RuntimeReady=Unknown",
    ])
    expect(action.conditions[1]?.lastTransitionTime).toBe("2026-01-01T00:00:00Z")
  })
})
