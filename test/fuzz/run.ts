/** Runs a slice: rounds of requests, each from the same base world, and what must be true after every one. */
import { heapUsed } from "./heap.ts"
import { invariantFault, serviceFault } from "./invariants.ts"
import { minimised, tryRequest } from "./minimise.ts"
import { drawn, type Place } from "./random.ts"
import type { Failure, Report, RunOptions } from "./report.ts"
import { curl, type FuzzRequest } from "./request.ts"
import type { Slice } from "./slice.ts"
import { count, makeTally } from "./tally.ts"
import { type FuzzWorld, openWorld } from "./world.ts"

const roundRequests = 1_000
/** Different failures of one slice after which it is given up. */
const failuresMax = 8

/** What of a sentence is the same for the same fault. */
const signature = (wrong: string): string => wrong.replace(/[0-9]+|"[^"]*"/g, "#").slice(0, 120)

class Run {
  readonly tally = makeTally()
  readonly failures: Failure[] = []
  readonly heaps: number[] = []
  readonly #slice: Slice
  readonly #options: RunOptions
  readonly #seen = new Set<string>()

  constructor(slice: Slice, options: RunOptions) {
    this.#slice = slice
    this.#options = options
  }

  async #failed(place: Place, wrong: string, round: ReadonlyArray<FuzzRequest>): Promise<void> {
    const known = signature(wrong)
    if (this.#seen.has(known)) return
    this.#seen.add(known)
    const least = await minimised(this.#slice.draft, place, round)
    const commands = (least.length > 0 ? least : round.slice(-1)).map(curl)
    if (least.length === 0) commands.unshift("# not shown again by itself; its round may")
    this.failures.push({ place, wrong, commands })
  }

  /** One round. */
  async round(world: FuzzWorld, round: number, requests: number): Promise<void> {
    const sent: FuzzRequest[] = []
    let place: Place = { seed: this.#options.seed, slice: this.#slice.name, round, index: 0 }
    for (let index = 0; index < requests; index++) {
      place = { ...place, index }
      this.#options.about?.(place)
      const request = drawn(this.#slice.draft, place).value(world.memory)
      sent.push(request)
      const { wrong, status, cpuMs, text } = await tryRequest(world, request)
      count(this.tally, request, { status, cpuMs, text })
      if (wrong !== undefined) await this.#failed(place, wrong, sent)
    }
    const broken = await invariantFault(world)
    if (broken !== undefined) await this.#failed(place, broken, sent)
    await world.restore()
    const silent = await serviceFault(world)
    if (silent !== undefined) await this.#failed(place, silent, sent)
    this.heaps.push(heapUsed())
  }

  get isOver(): boolean {
    return this.failures.length >= failuresMax
  }
}

export const runSlice = async (slice: Slice, options: RunOptions): Promise<Report> => {
  const run = new Run(slice, options)
  const world = await openWorld()
  try {
    let left = options.requests
    for (let round = options.round ?? 0; left > 0 && !run.isOver; round++) {
      const size = Math.min(left, options.roundSize ?? roundRequests)
      await run.round(world, round, size)
      left -= size
    }
  } finally {
    await world.close()
  }
  const { tally, failures, heaps } = run
  return { slice: slice.name, tally, failures, heaps }
}
