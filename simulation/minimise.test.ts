import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { fewestFaults } from "./minimise.ts"

describe("taking faults away", () => {
  it("leaves just those that are needed together", () =>
    fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(200), { maxLength: 40 }),
        fc.func(fc.boolean()),
        async (numbers, isNeeded) => {
          const struck = numbers.map(String)
          const needed = struck.filter((id) => isNeeded(id))
          const stillFails = async (keep: ReadonlyArray<string>) => needed.every((id) => keep.includes(id))
          expect(await fewestFaults(struck, stillFails, 10_000)).toEqual(needed)
        },
      ),
    ))

  it("keeps a set that fails when it runs out of tries", async () => {
    const struck = Array.from({ length: 64 }, (_, index) => String(index))
    let tries = 0
    const stillFails = async (keep: ReadonlyArray<string>) => {
      tries += 1
      return keep.includes("5") && keep.includes("60")
    }
    const kept = await fewestFaults(struck, stillFails, 10)
    expect(tries).toBeLessThanOrEqual(10)
    expect(kept).toContain("5")
    expect(kept).toContain("60")
  })
})
