/** A small part of the fuzzer, from one seed, on every build; the whole is `npm run fuzz` (docs/fuzzing.md). */
import { describe, expect, test } from "vitest"
import { heapGrowth } from "./heap.ts"
import { failureText } from "./report.ts"
import { runSlice } from "./run.ts"
import { slices } from "./slices.ts"
import { acceptedShare } from "./tally.ts"

const seed = 20_261_124
const requests = 1_000
/** Small, so that there are enough samples of memory. */
const roundSize = 200
/** Growth that one slice may show: caches of the server fill until they are full. */
const growthMax = 24 * 1_048_576
/** A slice that is nearly always refused looks at nothing but the door. */
const acceptedMin = 0.2

describe("whatever a client sends", () => {
  test.each(slices)(
    "$name: no defect, no write by what was refused, no long computation, and the server goes on ($about)",
    async (slice) => {
      const count = slice.name === "bulk" ? requests / 10 : requests
      const report = await runSlice(slice, {
        seed,
        requests: count,
        roundSize: count / (requests / roundSize),
      })
      expect(report.failures.map(failureText).join("\n\n")).toBe("")
      expect(report.tally.requests).toBe(count)
      expect(acceptedShare(report.tally)).toBeGreaterThan(acceptedMin)
      expect(heapGrowth(report.heaps)).toBeLessThan(growthMax)
    },
    120_000,
  )
})
