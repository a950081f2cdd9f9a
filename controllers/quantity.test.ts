import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { parseQuantity, type QuantityUnit } from "./quantity.ts"

describe("parseQuantity", () => {
  test.each<[string, string | number, QuantityUnit, number | undefined]>([
    ["a whole number counts as it is", "2", "units", 2],
    ["a number counts like its text", 3, "units", 3],
    ["cores become thousandths", "2", "millis", 2000],
    ["thousandths stay", "500m", "millis", 500],
    ["a fraction is exact", "1.1", "millis", 1100],
    ["a fraction without a whole is fine", ".5", "millis", 500],
    ["a trailing point is fine", "5.", "units", 5],
    ["binary suffixes multiply by 1024", "256Mi", "units", 268_435_456],
    ["decimal suffixes multiply by 1000", "1G", "units", 1_000_000_000],
    ["a fraction of a binary unit is exact", "1.5Gi", "units", 1_610_612_736],
    ["exponents are decimal", "2e3", "units", 2000],
    ["negative exponents too", "2500e-1", "units", 250],
    ["less than one rounds up", "1m", "units", 1],
    ["nanos of a core round up", "1n", "millis", 1],
    ["nothing is no quantity", "", "units", undefined],
    ["a lone suffix is no quantity", "Mi", "units", undefined],
    ["a point alone is no quantity", ".", "units", undefined],
    ["an unknown suffix is refused", "1Q", "units", undefined],
    ["a negative amount is refused", "-1", "units", undefined],
    ["too much to count is refused", "16Ei", "units", undefined],
    ["a very long text is refused", "1".repeat(65), "units", undefined],
  ])("%s", (_name, text, unit, want) => {
    expect(parseQuantity(text, unit)).toBe(want)
  })

  test("thousandths of any whole amount are that amount", () => {
    fc.assert(
      fc.property(fc.nat(), (n) => {
        expect(parseQuantity(`${n}m`, "millis")).toBe(n)
        expect(parseQuantity(n, "millis")).toBe(n * 1000)
      }),
    )
  })
})
