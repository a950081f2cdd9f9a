import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { parseExpression } from "./parser.ts"
import { CompileError } from "./source.ts"

const refusal = (source: string): string => {
  try {
    parseExpression(source)
    return ""
  } catch (error) {
    if (error instanceof CompileError) return error.message
    throw error
  }
}

describe("the parser", () => {
  test.each([
    [
      "a sign that is none",
      "1 + $",
      "ERROR: <input>:1:5: Syntax error: token recognition error at: '$'\n | 1 + $\n | ....^",
    ],
    [
      "a later line",
      "1 +\n  )",
      "ERROR: <input>:2:3: Syntax error: no viable alternative at input ')'\n |   )\n | ..^",
    ],
    [
      "what follows an expression",
      "1 2",
      "ERROR: <input>:1:3: Syntax error: mismatched input '2' expecting <EOF>\n | 1 2\n | ..^",
    ],
    ["a reserved word", "package", "ERROR: <input>:1:1: reserved identifier: package\n | package\n | ^"],
    [
      "an int that does not fit",
      "9223372036854775808",
      "ERROR: <input>:1:1: invalid int literal\n | 9223372036854775808\n | ^",
    ],
    [
      "has() of no field",
      "has(a)",
      "ERROR: <input>:1:5: invalid argument to has() macro\n | has(a)\n | ....^",
    ],
    [
      "a loop whose variable is no name",
      "[1].all(a.b, true)",
      "ERROR: <input>:1:10: argument must be a simple name\n | [1].all(a.b, true)\n | .........^",
    ],
  ])("shows where %s is", (_, source, want) => {
    expect(refusal(source)).toBe(want)
  })

  test("counts columns by characters, not by UTF-16 units", () => {
    expect(refusal("'😀' $")).toContain("<input>:1:5:")
  })

  test.each([
    ["parentheses", "(".repeat(100_000)],
    ["lists", "[".repeat(100_000)],
    ["signs", `${"!".repeat(90_000)}(`],
    ["sums", `1${"+1".repeat(40_000)}`],
    ["fields", `a${".b".repeat(40_000)}`],
    ["conditions", "a?".repeat(40_000)],
    ["indices", "a[".repeat(40_000)],
    ["loops", `${"[1].map(x,".repeat(9_000)}`],
    ["sorted loops", `a${".sortBy(x,a".repeat(9_000)}`],
    ["long texts", "a".repeat(100_001)],
    ["no end of a text", `'${"\\a".repeat(40_000)}`],
  ])("refuses %s without end", (_, source) => {
    expect(refusal(source)).not.toBe("")
  })

  test("takes long chains of conditions, which are wide but not deep", () => {
    expect(refusal(Array.from({ length: 10_000 }, () => "a").join("&&"))).toBe("")
  })

  test("ends for any text with a tree or an error that says where", () => {
    const piece = fc.constantFrom(
      ..."( ) [ ] { } . , ? : + - * / % ! < > = == && || in a has all map 1 2u 3.0 'x' \"y\" b'z' r'\\d' true null ` // \n".split(
        " ",
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 60 }).map((all) => all.join(" ")),
        ),
        (source) => {
          try {
            parseExpression(source)
          } catch (error) {
            expect(error).toBeInstanceOf(CompileError)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
