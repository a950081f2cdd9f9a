import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { compilePattern, patternProblem } from "./index.ts"

describe("a pattern", () => {
  test.each<[string, string, boolean]>([
    ["", "", true],
    ["a", "xay", true],
    ["^a$", "a", true],
    ["^a$", "a\n", false],
    ["^a$", "ba", false],
    ["a|b|", "c", true],
    ["^(a|bc)+$", "abca", true],
    ["^(a|bc)+$", "ab", false],
    ["^a{2,3}$", "aa", true],
    ["^a{2,3}$", "aaaa", false],
    ["^a{2}$", "aaa", false],
    ["^a{2,}$", "aaaa", true],
    ["^a{0}$", "", true],
    ["^a{,2}$", "a{,2}", true],
    ["^(a*)*$", "aaa", true],
    ["^(a?){3}$", "", true],
    ["^[a-c-]+$", "a-b", true],
    ["^[^a-c]$", "d", true],
    ["^[^a-c]$", "b", false],
    ["^[]a]+$", "]a", true],
    ["^[\\d\\-x]+$", "1-x", true],
    ["^[[:alpha:]_]+$", "ab_", true],
    ["^[[:^alpha:]]$", "1", true],
    ["^\\w+\\s\\S\\D\\W$", "ab cd!", true],
    ["^.$", "\n", false],
    ["(?s)^.$", "\n", true],
    ["^.$", "💡", true],
    ["(?i)^abc$", "aBC", true],
    ["(?i)^[a-c]+$", "ABc", true],
    ["^a(?i:b)c$", "aBc", true],
    ["^a(?i:b)c$", "aBC", false],
    ["(?m)^b$", "a\nb\nc", true],
    ["^b$", "a\nb\nc", false],
    ["\\bfoo\\b", "a foo b", true],
    ["\\bfoo\\b", "afoo", false],
    ["\\Boo", "foo", true],
    ["^\\x41\\x{42}\\.$", "AB.", true],
    ["^\\Qa.b\\E$", "a.b", true],
    ["^\\Qa.b\\E$", "axb", false],
    ["^\\p{Lu}\\pN$", "Ä5", true],
    ["^\\P{L}$", "5", true],
    ["^(?P<year>\\d{4})-(?<month>\\d\\d)$", "2026-11", true],
    ["^(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}$", "10.0.0.255", true],
    ["^(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}$", "10.0.0.256", false],
  ])("%j on %j: %s", (source, text, matches) => {
    expect(compilePattern(source).test(text)).toBe(matches)
    if (!source.startsWith("(?") || source.startsWith("(?<")) expect(patternProblem(source)).toBeUndefined()
  })

  test.each([
    "(",
    ")",
    "[a",
    "[b-a]",
    "*",
    "a**",
    "a{3,2}",
    "a{1001}",
    "(?=a)",
    "(?!a)",
    "(?<=a)",
    "(a)\\1",
    "\\",
    "\\y",
    "\\x{110000}",
    "\\p{Greekish}",
    "[[:nope:]]",
    "((a{100}){100}){100}",
    "(".repeat(5_000),
    "a".repeat(20_000),
  ])("%# is refused with a reason", (source) => {
    expect(patternProblem(source)).toEqual(expect.any(String))
  })
})

test("expressions that explode elsewhere take linear time", () => {
  const text = `${"a".repeat(100_000)}!`
  expect(compilePattern("^(a+)+$").test(text)).toBe(false)
  expect(compilePattern("^(a|a)*$").test(text)).toBe(false)
  expect(compilePattern("a*a*a*a*a*a*b").test(text)).toBe(false)
})

test("expressions whose automaton explodes stay within bounds", () => {
  const text = Array.from({ length: 20_000 }, (_, index) => ((index * 7919) % 13 < 6 ? "a" : "b")).join("")
  expect(compilePattern("^(a|b)*a(a|b){300}c$").test(text)).toBe(false)
})

test("the language's own engine agrees on what both can say", () => {
  const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\b", "(a|b)", "(ab)", "^", "$", "c")
  const quantified = fc.tuple(atom, fc.constantFrom("", "", "*", "+", "?", "{2}", "{0,2}", "*?"))
  const isAssertion = (part: string) => part === "^" || part === "$" || part === "\\b"
  const piece = quantified.map(([part, count]) => (isAssertion(part) ? part : part + count))
  const source = fc.array(
    fc.array(piece, { maxLength: 5 }).map((parts) => parts.join("")),
    { minLength: 1, maxLength: 3 },
  )
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c", " ", "\n"), maxLength: 8 })
  fc.assert(
    fc.property(source, fc.array(text), (options, texts) => {
      const expression = options.join("|")
      const pattern = compilePattern(expression)
      const native = new RegExp(expression)
      for (const each of texts) expect(pattern.test(each), `${expression} on ${each}`).toBe(native.test(each))
    }),
    { numRuns: 2_000 },
  )
})

describe("the place of a match", () => {
  test.each([
    ["the leftmost is found", "b+", "abbcb", "bb"],
    ["a repetition takes as much as it can", "a.*c", "abcabc", "abcabc"],
    ["a lazy repetition takes as little as it can", "a.*?c", "abcabc", "abc"],
    ["the first choice that matches wins, not the longest", "a|ab", "ab", "a"],
    ["a bounded lazy repetition prefers fewer", "a{1,3}?", "aaa", "a"],
    ["an assertion is looked at where the match begins", "\\bfoo", "afoo foo", "foo"],
    ["an empty match is a match", "x*", "abc", ""],
    ["characters above the basic plane count as one", "..$", "a😀b", "😀b"],
  ])("%s", (_, source, text, want) => {
    const match = compilePattern(source).find(text)
    expect(match && text.slice(match.start, match.end)).toBe(want)
  })

  test("none is undefined, and a search goes on from an offset", () => {
    const pattern = compilePattern("a")
    expect(pattern.find("bcd")).toBeUndefined()
    expect(pattern.find("aba", 1)).toMatchObject({ start: 2, end: 3 })
  })

  test("it agrees with JavaScript's own expressions where both know the syntax", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      "(a|b)",
      "a*",
      "b+?",
      "(ab)?",
      ".",
      "[ab]",
      "a{1,2}",
      "(a|ab)(b|)",
      "^",
      "$",
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 5 }),
        fc.string({ unit: fc.constantFrom("a", "b", "c") }),
        (pieces, text) => {
          const source = pieces.join("")
          const want = new RegExp(source).exec(text)
          const found = compilePattern(source).find(text)
          expect(found && [found.start, found.end]).toEqual(
            want === null ? undefined : [want.index, want.index + want[0].length],
          )
        },
      ),
    )
  })
})
