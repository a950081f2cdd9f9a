/** Chance of the fuzzer: every request has a number of its own, so that one can be made again without those before it. */
import fc from "fast-check"

export interface Place {
  readonly seed: number
  readonly slice: string
  readonly round: number
  readonly index: number
}

const mix = (hash: number, value: number): number => {
  let mixed = Math.imul(hash ^ value, 0x9e3779b1)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}

/** mulberry32 as fast-check's generators want it. */
class Mulberry {
  #state: number

  constructor(state: number) {
    this.#state = state | 0
  }

  clone(): Mulberry {
    return new Mulberry(this.#state)
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) | 0
  }

  getState(): readonly number[] {
    return [this.#state]
  }
}

export const randomAt = ({ seed, slice, round, index }: Place): fc.Random => {
  let hash = mix(0x1234567, seed)
  for (let at = 0; at < slice.length; at++) hash = mix(hash, slice.charCodeAt(at))
  return new fc.Random(new Mulberry(mix(mix(hash, round), index)))
}

/** How often fast-check prefers small and edge values: once in so many. */
export const bias = 8

/** The value of an arbitrary at a place. */
export const drawn = <T>(arbitrary: fc.Arbitrary<T>, place: Place): fc.Value<T> =>
  arbitrary.generate(randomAt(place), bias)
