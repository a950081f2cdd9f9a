/** A seed is a run: whatever the machine does meanwhile, wherever it is, and whatever the process did before. */
import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { renderFailure, renderTrace } from "../../simulation/index.ts"
import { loadBug, loadScenario, loadSimulation } from "./folders.ts"

const run = promisify(execFile)
const program = join(import.meta.dirname, "trace-program.ts")

const hashes = async (of: string, seeds: ReadonlyArray<number>) => {
  const { trace } = await loadSimulation(of)
  const lines: Array<string> = []
  for (const seed of seeds) {
    const text = renderTrace(await trace({ seed }))
    lines.push(`${seed} ${text.split("\n").length} ${createHash("sha256").update(text).digest("hex")}`)
  }
  return lines
}

describe("the trace of a seed", () => {
  it("is the same again, byte for byte, after other runs", async () => {
    const { trace } = await loadScenario("sandbox")
    const first = renderTrace(await trace({ seed: 3 }))
    await trace({ seed: 4 })
    const later = renderTrace(await trace({ seed: 3 }))
    expect(first.split("\n").length).toBeGreaterThan(40)
    expect(later).toBe(first)
  }, 300_000)

  it("is the same in another process, with other runs before it, while the machine is busy", async () => {
    const seeds = [5, 6, 7]
    const backwards = seeds.toReversed().map(String)
    const busy = run(process.execPath, [program, "scenarios/sandbox", "1", "2", "3"])
    const [here, { stdout }] = await Promise.all([
      hashes("scenarios/sandbox", seeds),
      run(process.execPath, [program, "scenarios/sandbox", ...backwards]),
      busy,
    ])
    expect(stdout.trim().split("\n").toReversed()).toEqual(here)
  }, 300_000)

  it("is another one for another seed", async () => {
    const [a, b] = await hashes("known-bugs/creates-twice/right", [1, 2])
    expect(a?.slice(2)).not.toBe(b?.slice(2))
  }, 300_000)
})

describe("what is reported of a failure", () => {
  it("is a time line that shows how it came about", async () => {
    const bug = await loadBug("creates-twice")
    const { failures } = await bug.wrong.simulate({ seeds: 50 })
    const [failure] = failures
    expect(failure).toBeDefined()
    if (failure === undefined) return
    const text = renderFailure(failure)
    expect(text).toMatch(/FAULT crash: .*\n.*KILL {2}killed /)
    expect(text).toMatch(/WRONG each Volume has one disk/)
    expect(text.split("\n").length).toBeLessThan(80)
    const again = await bug.wrong.simulate({ seeds: [failure.seed], keep: failure.keep })
    expect(again.failures[0]?.trace).toEqual(failure.trace)
    expect(failure.keep.length).toBeLessThan(failure.faultsBefore)
  }, 300_000)
})
