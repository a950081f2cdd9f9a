import { describe, expect, test } from "vitest"
import type { Condition } from "../schemas/index.ts"
import { type ConditionState, isConditionTrue, rfc3339, setCondition, setConditions } from "./conditions.ts"

const ready = (state: Partial<ConditionState> = {}): ConditionState => ({
  type: "Ready",
  status: "True",
  reason: "AllRunning",
  message: "3 of 3 containers running",
  observedGeneration: 1,
  ...state,
})
const before: ReadonlyArray<Condition> = [
  { ...ready(), lastTransitionTime: "t0" },
  { ...ready({ type: "Scheduled" }), lastTransitionTime: "t0" },
]

describe("setCondition", () => {
  test("the same input gives the very same array", () => {
    expect(setCondition(before, ready(), "t1")).toBe(before)
    expect(setConditions(before, [ready(), ready({ type: "Scheduled" })], "t1")).toBe(before)
  })

  test.each([
    ["a new status moves the time", ready({ status: "False" }), "t1"],
    ["a new message does not", ready({ message: "2 of 3" }), "t0"],
    ["a new reason does not", ready({ reason: "Starting" }), "t0"],
    ["a new generation does not", ready({ observedGeneration: 2 }), "t0"],
  ])("%s", (_name, next, time) => {
    const after = setCondition(before, next, "t1")
    expect(after).toEqual([{ ...next, lastTransitionTime: time }, before[1]])
  })

  test("a new condition comes last, with the time of now", () => {
    expect(setCondition(before, ready({ type: "New" }), "t1").at(-1)).toEqual({
      ...ready({ type: "New" }),
      lastTransitionTime: "t1",
    })
    expect(isConditionTrue(setCondition(undefined, ready(), "t1"), "Ready")).toBe(true)
  })

  test("bytes do not depend on the order in which the caller wrote the fields", () => {
    const shuffled = { message: "m", reason: "R", status: "True", type: "New" } as const
    const ordered = { type: "New", status: "True", reason: "R", message: "m" } as const
    expect(JSON.stringify(setCondition([], shuffled, "t"))).toBe(
      JSON.stringify(setCondition([], ordered, "t")),
    )
  })
})

test("times have whole seconds", () => {
  expect(rfc3339(1_700_000_000_999)).toBe("2023-11-14T22:13:20Z")
})
