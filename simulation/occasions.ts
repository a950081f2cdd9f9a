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
  /** Strike just these, whatever the seed says; `/before` or `/after` behind the name of a crash says on which side of the write. */
  readonly keep?: ReadonlyArray<string>
  readonly isStormy: () => boolean
  readonly onStruck: (struck: Struck) => void
}

export type Side = "before" | "after"

export interface Struck {
  readonly id: string
  readonly actor: string
  readonly fault: FaultName
  /** What it strikes, for people: a request, above all. */
  readonly on: string
  /** What is decided about how it strikes. */
  readonly chance: Chance
  /** Of a crash, where that is not left to chance. */
  readonly side?: Side
}

/** Each run has its own weather: some kinds of fault never, some often. Without that rare mixtures would stay rare. */
const weather = [0, 0.3, 1, 1, 3] as const

const keptOf = (text: string): readonly [string, Side | undefined] => {
  const side = (["before", "after"] as const).find((each) => text.endsWith(`/${each}`))
  return side === undefined ? [text, undefined] : [text.slice(0, -side.length - 1), side]
}

export class Occasions {
  readonly #options: OccasionOptions
  readonly #keep: ReadonlyMap<string, Side | undefined> | undefined
  readonly #counts = new Map<string, number>()
  readonly #shares = new Map<FaultName, number>()
  /** Names of those that struck, in order. */
  readonly struck: Array<string> = []
  readonly byFault = new Map<FaultName, number>()
  /** Names of all crashes that could have struck. */
  readonly crashes: Array<string> = []

  constructor(options: OccasionOptions) {
    this.#options = options
    this.#keep = options.keep === undefined ? undefined : new Map(options.keep.map(keptOf))
  }

  /** An occasion comes: undefined when nothing happens. */
  strikes(fault: FaultName, actor: string, on: () => string = () => ""): Struck | undefined {
    const of = `${actor}/${fault}`
    const count = (this.#counts.get(of) ?? 0) + 1
    this.#counts.set(of, count)
    const { seed, isStormy, onStruck } = this.#options
    if (!isStormy()) return undefined
    if (fault === "crash") this.crashes.push(`${of}/${count}`)
    const share = this.#shareOf(fault)
    if (this.#keep === undefined && share === 0) return undefined
    const id = `${of}/${count}`
    if (this.#keep !== undefined && !this.#keep.has(id)) return undefined
    const random = seeded(seedFor(seed, id))
    if (random() >= share && this.#keep === undefined) return undefined
    this.struck.push(this.#nameOfStruck(id))
    this.byFault.set(fault, (this.byFault.get(fault) ?? 0) + 1)
    const side = this.#keep?.get(id)
    const chance = chanceFrom(random)
    const struck = { id, actor, fault, on: on(), chance, ...(side === undefined ? {} : { side }) }
    onStruck(struck)
    return struck
  }

  #nameOfStruck(id: string): string {
    const side = this.#keep?.get(id)
    return side === undefined ? id : `${id}/${side}`
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
