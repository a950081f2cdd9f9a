/** A kill at each point in turn, on either side of each write. */
import { describe, expect, it } from "vitest"
import { renderFailure } from "../../simulation/index.ts"
import { loadBug } from "./folders.ts"

describe("killing at every point in turn", () => {
  it("finds what only a kill between two steps brings out, with that one fault", async () => {
    const { wrong } = await loadBug("creates-twice")
    const { failures } = await wrong.simulate({ seeds: 1, everyCrash: true })
    expect(failures).toHaveLength(1)
    expect(failures[0]?.keep).toEqual([expect.stringMatching(/^volumes\/crash\/\d+\/(before|after)$/)])
    expect(failures[0]?.trace.filter(({ kind }) => kind === "fault")).toHaveLength(1)
  }, 300_000)

  it("misses no point, and finds nothing where there is nothing", async () => {
    const { right } = await loadBug("creates-twice")
    const { failures, runs, coverage } = await right.simulate({ seeds: 1, everyCrash: true })
    expect(failures.map(renderFailure).join("\n")).toBe("")
    expect(runs).toBeGreaterThan(20)
    const calm = await right.simulate({ seeds: 1, keep: [] })
    const seen = Object.keys(calm.coverage.points)
    expect(seen.length).toBeGreaterThan(3)
    expect(seen.filter((point) => coverage.points[point]?.struck === 0)).toEqual([])
  }, 300_000)
})
