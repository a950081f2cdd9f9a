import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { delayStoodFor, restartDelaySeconds, retryDelaySeconds } from "./backoff.ts"

describe("the delay before a restart", () => {
  test.each<[string, Parameters<typeof restartDelaySeconds>[0], number]>([
    ["is none after the first end", { isRestart: false, before: 0, ranForSeconds: 1 }, 0],
    ["is ten seconds after the second", { isRestart: true, before: 0, ranForSeconds: 1 }, 10],
    ["doubles", { isRestart: true, before: 40, ranForSeconds: 1 }, 80],
    ["ends at five minutes", { isRestart: true, before: 160, ranForSeconds: 1 }, 300],
    [
      "counts from the start after ten minutes of running",
      { isRestart: true, before: 300, ranForSeconds: 600 },
      0,
    ],
    ["does not after less", { isRestart: true, before: 300, ranForSeconds: 599 }, 300],
  ])("%s", (_name, run, want) => {
    expect(restartDelaySeconds(run)).toBe(want)
  })
})

describe("the delay that a start stood for", () => {
  test.each<[string, number, number, number]>([
    ["is none for the first restart, however long ago the end is", 3600, 1, 0],
    ["is none where nothing was waited", 0, 5, 0],
    ["is the rung that was reached", 10, 2, 10],
    ["is not lost by a late start", 13, 2, 10],
    ["is the next rung at its time", 20, 3, 20],
    ["is no higher than the number of attempts allows", 3600, 3, 20],
    ["ends at five minutes", 3600, 20, 300],
  ])("%s", (_name, elapsed, attempt, want) => {
    expect(delayStoodFor(elapsed, attempt)).toBe(want)
  })

  test("keeps the ladder going, whatever is lost to slow starts", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 8, maxLength: 8 }), (losses) => {
        let before = 0
        const delays = losses.map((loss, index) => {
          const delay = restartDelaySeconds({ isRestart: index > 0, before, ranForSeconds: 0 })
          before = delayStoodFor(delay + loss, index + 1)
          return delay
        })
        expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
      }),
    )
  })
})

test("what fails is tried again after as long as it has failed, between ten seconds and five minutes", () => {
  expect([0, 9.5, 10.2, 80, 1000].map(retryDelaySeconds)).toEqual([10, 10, 11, 80, 300])
})
