/**
 * One worker over a set of keys, for the loops that live inside the server. Level-triggered: a key says where to look,
 * never what happened; a key that failed comes back after a pause.
 */
import type { Ambient } from "./ambient.ts"
import { limits } from "./limits.ts"

export interface LevelWorkerOptions {
  readonly ambient: Ambient
  /** What it does, for the log of a failure. */
  readonly does: string
  readonly reconcile: (key: string) => Promise<void>
  readonly onFault: (message: string, cause: unknown) => void
}

export class LevelWorker {
  readonly #options: LevelWorkerOptions
  readonly #keys = new Set<string>()
  readonly #pauses = new Set<() => void>()
  #worker: Promise<void> | undefined
  #state: "open" | "closed" = "open"

  constructor(options: LevelWorkerOptions) {
    this.#options = options
  }

  enqueue(key: string): void {
    if (this.#state === "closed") return
    this.#keys.add(key)
    this.#worker ??= this.#drain()
  }

  /** Settles when nothing is left to do but what waits after a failure. */
  async idle(): Promise<void> {
    while (this.#worker !== undefined) await this.#worker
  }

  close(): void {
    this.#state = "closed"
    this.#keys.clear()
    for (const cancel of this.#pauses) cancel()
    this.#pauses.clear()
  }

  async #drain(): Promise<void> {
    await Promise.resolve()
    for (const key of this.#keys) {
      this.#keys.delete(key)
      try {
        await this.#options.reconcile(key)
      } catch (cause) {
        if (this.#state === "closed") break
        this.#options.onFault(`${this.#options.does} failed: trying again`, cause)
        this.#retry(key)
      }
    }
    this.#worker = undefined
  }

  #retry(key: string): void {
    const cancel = this.#options.ambient.timer(limits.retryMs, () => {
      this.#pauses.delete(cancel)
      this.enqueue(key)
    })
    this.#pauses.add(cancel)
  }
}
