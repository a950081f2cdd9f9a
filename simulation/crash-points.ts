/**
 * Where a program could be killed: before and after each of its writes. A point is named by whose write it is, what it writes,
 * and the how manieth of its reconcile it is, so that the same point of two reconciles is one.
 */

import type { Coverage } from "./report.ts"
import type { RequestLine, WriteCause } from "./request-line.ts"

export class CrashPoints {
  readonly #isStormy: () => boolean
  readonly #seen = new Map<string, number>()
  readonly #struck = new Map<string, number>()
  /** Writes so far of each reconcile under way. */
  readonly #ordinals = new Map<string, number>()

  /** Only in the storm is anybody killed. */
  constructor(isStormy: () => boolean) {
    this.#isStormy = isStormy
  }

  /** A write is about to be made; gives the name of its point. */
  write(actor: string, line: RequestLine, cause: WriteCause | undefined): string {
    const what = `${line.verb} ${line.resource}${line.subresource === "" ? "" : `/${line.subresource}`}`
    return this.#see(actor, what, cause)
  }

  /** An action on the environment is about to be done. */
  action(actor: string, what: string): string {
    return this.#see(actor, what, undefined)
  }

  #see(actor: string, what: string, cause: WriteCause | undefined): string {
    let point = `${actor}: ${what}`
    if (cause !== undefined) {
      const key = `${actor} ${cause.reconcileID}`
      const ordinal = (this.#ordinals.get(key) ?? 0) + 1
      this.#ordinals.set(key, ordinal)
      point = `${actor}: ${cause.controller} write ${ordinal}, ${what}`
    }
    if (this.#isStormy()) this.#seen.set(point, (this.#seen.get(point) ?? 0) + 1)
    return point
  }

  strike(point: string): void {
    this.#struck.set(point, (this.#struck.get(point) ?? 0) + 1)
  }

  coverage(): Coverage["points"] {
    return Object.fromEntries(
      Array.from(this.#seen, ([point, seen]) => [point, { seen, struck: this.#struck.get(point) ?? 0 }]),
    )
  }
}
