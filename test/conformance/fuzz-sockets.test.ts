/** The part of the fuzzer that needs real connections: TLS, HTTP/1.1 and HTTP/2 framing, WebSockets, SPDY. */
import { describe, expect, test } from "vitest"
import { heapGrowth } from "../fuzz/heap.ts"
import { failureText } from "../fuzz/report.ts"
import { socketSlices } from "../fuzz/slices.ts"
import { runSocketSlice } from "../fuzz/sockets/run.ts"
import { acceptedShare } from "../fuzz/tally.ts"

const seed = 20_261_124
const connections = 400
const growthMax = 24 * 1_048_576
const acceptedMin = 0.15

describe("whatever a client does with a connection", () => {
  test.each(socketSlices)(
    "$name: no defect, nothing left behind, and the server goes on ($about)",
    async (slice) => {
      const report = await runSocketSlice(slice, { seed, requests: connections })
      expect(report.failures.map(failureText).join("\n\n")).toBe("")
      expect(acceptedShare(report.tally)).toBeGreaterThan(acceptedMin)
      expect(heapGrowth(report.heaps)).toBeLessThan(growthMax)
    },
  )
})
