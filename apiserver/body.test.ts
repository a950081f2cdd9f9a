import { expect, test, vi } from "vitest"
import { decodeText } from "./body.ts"

const yaml = (text: string) => decodeText(Buffer.from(text), "yaml")

test.each(["? [a]\n: b", "? {a: b}\n: c", "a:\n  - ? - x\n    : y", "{[a]: b}"])(
  "a YAML map whose key is no text is refused, and nothing is written to the server's own output: %j",
  (text) => {
    const warned = vi.spyOn(process, "emitWarning")
    expect(() => yaml(text)).toThrow("a key must be a text")
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
  },
)

test("keys that are scalars are texts in JSON", () => {
  expect(yaml("1: a\ntrue: b\n? c\n: d").value).toEqual({ 1: "a", true: "b", c: "d" })
})

test.each([
  ["escapes", `a: "${"\\q".repeat(20_000)}"`],
  ["closing brackets", "]".repeat(40_000)],
  ["anchors", `${"&a ".repeat(10_000)}x`],
])("a text with an error at every character is refused at the first: %s", (_name, text) => {
  expect(() => yaml(text)).toThrow(/^error converting YAML to JSON: yaml: line 1: /)
})

test("a repeated key is told with its line, in every map, and the last of them counts", () => {
  const { value, duplicates } = yaml("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n")
  expect(value).toEqual({ a: 3, b: { c: 2 } })
  expect(duplicates).toEqual([
    'error strict decoding YAML: line 4: key "c" already set in map',
    'error strict decoding YAML: line 5: key "a" already set in map',
  ])
})

test("keys of a map are not compared each with each", () => {
  const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: v`)
  const { value, duplicates } = yaml(`${keys.join("\n")}\n`)
  expect(Object.keys(value as object)).toHaveLength(20_000)
  expect(duplicates).toEqual([])
})

test("more aliases than a person writes are refused, and a body has one document", () => {
  expect(() => yaml(`a: &a x\nb: [${"*a,".repeat(1_001)}]`)).toThrow("there may be 1000 aliases")
  expect(yaml("a: &a x\nb: [*a, *a]").value).toEqual({ a: "x", b: ["x", "x"] })
  expect(() => yaml("--- a\n--- b")).toThrow("there may be one document in a body")
})

test.each([
  "- ".repeat(3_000),
  "- ".repeat(40_000),
  "[".repeat(5_000),
  "{a: ".repeat(5_000),
  "? ".repeat(5_000),
])("a YAML text that is nested without end is refused, and is no defect", (text) => {
  expect(() => yaml(`${text}x`)).toThrow(
    /nested deeper than 200 levels|error converting YAML to JSON|a key must be a text/,
  )
})
