import fc from "fast-check"
import { expect, test } from "vitest"
import { compareQuantities, formatQuantity, parseQuantity, quantityFormat } from "./index.ts"

test.each<[string | number, bigint]>([
  ["0", 0n],
  ["1", 1_000n],
  [2, 2_000n],
  [0.5, 500n],
  ["100m", 100n],
  ["1.5", 1_500n],
  [".5", 500n],
  ["1.", 1_000n],
  ["-1", -1_000n],
  ["+1", 1_000n],
  ["1k", 1_000_000n],
  ["1Ki", 1_024_000n],
  ["1.5Gi", 1_610_612_736_000n],
  ["2e3", 2_000_000n],
  ["2E-1", 200n],
  ["1u", 1n],
  ["1500u", 2n],
  ["999E", (2n ** 63n - 1n) * 1_000n],
])("%s is %s thousandths", (text, milli) => {
  expect(parseQuantity(text)).toBe(milli)
})

test.each([
  "",
  ".",
  "1 ",
  "1KB",
  "1ki",
  "x",
  "1e",
  "1e999",
  "0x1",
  "--1",
  "1.2.3",
  "9".repeat(100),
  Number.NaN,
])("%s is no quantity", (text) => {
  expect(parseQuantity(text)).toBeUndefined()
})

test.each([
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["1024Mi", "1Gi"],
  ["1000k", "1M"],
  ["1536Mi", "1536Mi"],
  ["0.5Ki", "512"],
  ["0", "0"],
  ["-2048Ki", "-2Mi"],
])("%s is written %s", (text, canonical) => {
  expect(formatQuantity(parseQuantity(text) ?? -1n, quantityFormat(text))).toBe(canonical)
})

test("what is written reads back the same", () => {
  const milli = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })
  fc.assert(
    fc.property(milli, milli, fc.constantFrom("DecimalSI" as const, "BinarySI" as const), (a, b, format) => {
      expect(parseQuantity(formatQuantity(a, format))).toBe(a)
      expect(Math.sign(compareQuantities(a, b))).toBe(a < b ? -1 : a > b ? 1 : 0)
    }),
  )
})
