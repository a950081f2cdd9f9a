/** Chance from a seed: the only source of it in a simulated run. */
import type { Chance } from "./scenario.ts"

/** Numbers in [0, 1) from a seed: mulberry32. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A seed of its own for each purpose, so that one more draw for this one shifts none of that one. FNV-1a. */
export const seedFor = (seed: number, purpose: string): number => {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let index = 0; index < purpose.length; index++) {
    hash = Math.imul(hash ^ purpose.charCodeAt(index), 0x01000193) >>> 0
  }
  return hash
}

export const chanceFrom = (random: () => number): Chance => {
  const below = (limit: number) => Math.floor(random() * limit)
  return {
    below,
    of: (choices) => choices[below(choices.length)] ?? choices[0],
    strikes: (probability) => random() < probability,
  }
}
