/** Every scenario through a hundred seeds, and every known bug found: in CI. `npm run sim` runs more. */
import { describe, expect, it } from "vitest"
import { renderFailure } from "../../simulation/index.ts"
import { bugNames, loadBug, loadScenario, scenarioNames } from "./folders.ts"

const SEEDS = 100
/** The first seed that finds any of them is well below; `npm run sim -- known-bugs` looks at more of both. */
const BUG_SEEDS = 1000
const RIGHT_SEEDS = 5

describe("a hundred runs of", () => {
  it.each(scenarioNames)(
    "%s break nothing",
    async (name) => {
      const { simulate } = await loadScenario(name)
      const { failures, runs, coverage } = await simulate({ seeds: SEEDS })
      expect(failures.map(renderFailure).join("\n\n")).toBe("")
      expect(runs).toBe(SEEDS)
      // A scenario in which nobody writes, or nobody is killed, would pass whatever the controllers do.
      expect(Object.values(coverage.points).filter(({ struck }) => struck > 0).length).toBeGreaterThan(1)
    },
    300_000,
  )
})

describe("the known bug that", () => {
  it.each(bugNames)(
    "%s is found, and its right version passes",
    async (name) => {
      const bug = await loadBug(name)
      const { failures } = await bug.wrong.simulate({ seeds: BUG_SEEDS, minimise: false })
      expect(failures).toHaveLength(1)
      if (bug.breaks !== undefined) expect(failures[0]?.invariant).toBe(bug.breaks)
      const right = await bug.right.simulate({ seeds: RIGHT_SEEDS })
      expect(right.failures.map(renderFailure).join("\n\n")).toBe("")
    },
    300_000,
  )
})
