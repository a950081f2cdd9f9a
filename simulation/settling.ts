/** Whether a run has come to rest, and what keeps it from it: standard invariants of the calm after the last fault. */

import { echoMs, hotLoop, quietMs, stormyHotLoop } from "./limits.ts"
import { changedLeaves, leavesOf, nameOfObject } from "./object-changes.ts"
import type { Reconciled } from "./reconcile-span.ts"
import type { Violation } from "./standard-invariants.ts"
import type { Commit } from "./truth.ts"
import type { VirtualTime } from "./virtual-time.ts"

/** Written all the time, by everyone who is well. */
export const isBeat = (key: string): boolean =>
  /^\/registry\/(coordination\.k8s\.io\/leases|core\/events|events\.k8s\.io\/events)\//.test(key)

const minuteMs = 60_000

interface Failing {
  readonly times: number
  readonly message: string
}

export class Settling {
  readonly #time: VirtualTime
  readonly #onViolation: (violation: Violation) => void
  #calmSinceMs: number | undefined
  #changedAtMs = 0
  /** Changes of objects since the calm began. */
  changes = 0
  lastChange = ""
  readonly #failing = new Map<string, Failing>()
  /** The value that each leaf had before its last change in the calm. */
  readonly #formerly = new Map<string, string | undefined>()
  readonly #reconciles = new Map<string, { readonly sinceMs: number; readonly times: number }>()

  constructor(time: VirtualTime, onViolation: (violation: Violation) => void) {
    this.#time = time
    this.#onViolation = onViolation
  }

  /** From now on nothing comes from outside. */
  calm(): void {
    this.#calmSinceMs = this.#time.nowMs
    this.#changedAtMs = this.#time.nowMs
    this.#formerly.clear()
    this.#reconciles.clear()
  }

  storm(): void {
    this.#calmSinceMs = undefined
  }

  /** What a killed program was failing at it fails at no more. */
  killed(actor: string): void {
    for (const key of this.#failing.keys()) if (key.startsWith(`${actor} `)) this.#failing.delete(key)
  }

  get isAtRest(): boolean {
    return this.#failing.size === 0 && this.#time.nowMs - this.#changedAtMs >= quietMs
  }

  /** In words, for a run that never comes to rest. */
  get restlessness(): string {
    const failing = [...this.#failing].map(
      ([key, { times, message }]) => `${key} failed ${times} times: ${message}`,
    )
    const changes = this.#time.nowMs - this.#changedAtMs < quietMs ? [`${this.lastChange} changes still`] : []
    return [...changes, ...failing].slice(0, 3).join("; ")
  }

  #isEchoOver(): boolean {
    return this.#calmSinceMs !== undefined && this.#time.nowMs - this.#calmSinceMs >= echoMs
  }

  committed(commit: Commit): void {
    if (this.#calmSinceMs === undefined || isBeat(commit.key)) return
    const { before, after } = commit
    const old = leavesOf(before)
    const changed = changedLeaves(old, leavesOf(after))
    if (changed.length === 0) return
    const object = after ?? before
    if (object === undefined) return
    const name = nameOfObject(object)
    this.#changedAtMs = this.#time.nowMs
    this.changes += 1
    this.lastChange = `${name} (${changed.slice(0, 3).join(", ")})`
    const now = leavesOf(after)
    for (const path of changed)
      this.#leaf(`${name} ${object.metadata.uid} ${path}`, `${name}: ${path}`, [old.get(path), now.get(path)])
  }

  #leaf(id: string, name: string, [before, after]: readonly [string | undefined, string | undefined]): void {
    const isBack = this.#formerly.has(id) && this.#formerly.get(id) === after
    this.#formerly.set(id, before)
    if (!isBack || !this.#isEchoOver()) return
    this.#onViolation({
      invariant: "no flapping",
      message: `${name} goes from ${after ?? "nothing"} to ${before ?? "nothing"} and back, and nothing came from outside`,
    })
  }

  reconciled(actor: string, { controller, object, outcome, message }: Reconciled): void {
    const key = `${actor} ${controller} ${object}`
    if (outcome === "defect")
      this.#onViolation({ invariant: "no defect", message: `${controller} at ${object}: ${message}` })
    if (outcome === "done") this.#failing.delete(key)
    else if (outcome !== "interrupted") {
      this.#failing.set(key, { times: (this.#failing.get(key)?.times ?? 0) + 1, message })
    }
    this.#count(key)
  }

  #count(key: string): void {
    const { nowMs } = this.#time
    const counted = this.#reconciles.get(key)
    if (counted === undefined || nowMs - counted.sinceMs >= minuteMs) {
      this.#reconciles.set(key, { sinceMs: nowMs, times: 1 })
      return
    }
    const times = counted.times + 1
    this.#reconciles.set(key, { ...counted, times })
    const tooOften = this.#calmSinceMs === undefined ? stormyHotLoop : hotLoop
    if (times < tooOften) return
    this.#onViolation({
      invariant: "converges",
      message: `a hot loop: ${key} was reconciled ${times} times within a minute`,
    })
  }
}
