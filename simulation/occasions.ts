/**
 * Which faults strike. Every occasion has a name that says whose it is, what could strike, and which of its kind it is in this
 * run: `runner/crash/12`. Whether it strikes is decided by the seed and the name alone, so that taking one fault away leaves the
 * decisions of all others as they were. Start with {@link Occasions}.
 */
import { chanceFrom, seeded, seedFor } from "./chance.ts"
import type { Chance, FaultPlan } from "./scenario.ts"

export type FaultName = keyof FaultPlan

export interface OccasionOptions {
  readonly seed: number
  readonly plan: FaultPlan
  /** Strike just these, whatever the seed says. */
  readonly keep?: ReadonlyArray<string>
  readonly isStormy: () => boolean
  readonly onStruck: (struck: Struck) => void
}

export interface Struck {
  readonly id: string
  readonly actor: string
  readonly fault: FaultName
  /** What it strikes, for people: a request, above all. */
  readonly on: string
  /** What is decided about how it strikes. */
  readonly chance: Chance
}

/** Each run has its own weather: some kinds of fault never, some often. Without that rare mixtures would stay rare. */
const weather = [0, 0.3, 1, 1, 3] as const

export class Occasions {
  readonly #options: OccasionOptions
  readonly #keep: ReadonlySet<string> | undefined
  readonly #counts = new Map<string, number>()
  readonly #shares = new Map<FaultName, number>()
  /** Names of those that struck, in order. */
  readonly struck: Array<string> = []
  readonly byFault = new Map<FaultName, number>()

  constructor(options: OccasionOptions) {
    this.#options = options
    this.#keep = options.keep === undefined ? undefined : new Set(options.keep)
  }

  /** An occasion comes: undefined when nothing happens. */
  strikes(fault: FaultName, actor: string, on: () => string = () => ""): Struck | undefined {
    const of = `${actor}/${fault}`
    const count = (this.#counts.get(of) ?? 0) + 1
    this.#counts.set(of, count)
    const { seed, isStormy, onStruck } = this.#options
    if (!isStormy()) return undefined
    const share = this.#shareOf(fault)
    if (this.#keep === undefined && share === 0) return undefined
    const id = `${of}/${count}`
    if (this.#keep !== undefined && !this.#keep.has(id)) return undefined
    const random = seeded(seedFor(seed, id))
    if (random() >= share && this.#keep === undefined) return undefined
    this.struck.push(id)
    this.byFault.set(fault, (this.byFault.get(fault) ?? 0) + 1)
    const struck = { id, actor, fault, on: on(), chance: chanceFrom(random) }
    onStruck(struck)
    return struck
  }

  #shareOf(fault: FaultName): number {
    const known = this.#shares.get(fault)
    if (known !== undefined) return known
    const { seed, plan } = this.#options
    const factor = chanceFrom(seeded(seedFor(seed, `weather/${fault}`))).of(weather)
    const share = Math.min(1, (plan[fault] ?? 0) * factor)
    this.#shares.set(fault, share)
    return share
  }
}
