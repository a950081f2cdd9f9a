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
