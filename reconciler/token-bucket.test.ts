import { expect, it } from "vitest"
import { TokenBucket } from "./token-bucket.ts"

it("gives the burst at once, and then one each interval, in order", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0)
  const waits = Array.from({ length: 6 }, () => Math.round(bucket.reserve(0)))
  expect(waits).toEqual([0, 0, 0, 100, 200, 300])
})

it("fills up again, but never over the burst, and not when the clock goes back", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 2 }, 0)
  bucket.reserve(0)
  bucket.reserve(0)
  expect([bucket.reserve(60_000), bucket.reserve(60_000), bucket.reserve(1)].map(Math.round)).toEqual([
    0, 0, 100,
  ])
})
