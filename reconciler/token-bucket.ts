/** A bound on how often something happens, over all: `burst` at once, then `perSecond`. Plain; time comes in as milliseconds. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

export class TokenBucket {
  readonly #rate: Rate
  #tokens: number
  #filledAt: number

  constructor(rate: Rate, now: number) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#filledAt = now
  }

  /** Takes a token, if need be one that is yet to come; says in how many milliseconds it may be used. */
  reserve(now: number): number {
    const { perSecond, burst } = this.#rate
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#filledAt) / 1000) * perSecond)
    this.#filledAt = Math.max(now, this.#filledAt)
    this.#tokens -= 1
    return this.#tokens >= 0 ? 0 : (-this.#tokens / perSecond) * 1000
  }
}
