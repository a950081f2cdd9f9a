import { expect, test } from "vitest"
import { pathSegmentProblem } from "./names.ts"

test("a name that is one part of a path may be anything that a key of the store may hold", () => {
  for (const name of ["system:node", "a b", "é", "😀", "*"]) expect(pathSegmentProblem(name)).toBeUndefined()
  for (const name of [".", "..", "a/b", "a%b", "x".repeat(254)])
    expect(pathSegmentProblem(name)).toBeDefined()
})

test.each(["\ud800", "a\udfffb", "\0", "a\0b"])("%j is no text that a store has keys of", (name) => {
  expect(pathSegmentProblem(name)).toBe("must be well-formed text without NUL")
})
