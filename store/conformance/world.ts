/** What a conformance test is given, and how it looks at a watch. */
import type { ClosableStore } from "../closable.ts"
import type { Revision, Store, StoreError, StoreEvent, Watch, WatchOptions, WatchSink } from "../store.ts"

/** A store just opened, and how its time passes: really, or by hand. */
export interface OpenedStore {
  readonly store: ClosableStore
  readonly elapse: (ms: number) => Promise<void>
}

/** An opened store with a key prefix that no other test uses. */
export interface World extends OpenedStore {
  readonly prefix: string
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (value: Uint8Array): string => new TextDecoder().decode(value)

/** Creates a key with this text. */
export const create = (store: Store, key: string, value: string): Promise<Revision> =>
  store.put({ key, value: bytes(value), expect: { absent: true } })

/** Replaces a key that is at this revision. */
export const replace = (store: Store, key: string, to: { at: Revision; value: string }): Promise<Revision> =>
  store.put({ key, value: bytes(to.value), expect: { modRevision: to.at } })

/** The error that a promise rejects with; a promise that does not is an error itself. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("expected a rejection")
}

type Call =
  | { readonly events: ReadonlyArray<StoreEvent> }
  | { readonly progress: Revision }
  | { readonly ended: StoreError }

/** A sink that keeps what it is told, and lets a test wait for it. */
export class Recorder implements WatchSink {
  readonly calls: Array<Call> = []
  readonly seen: Array<StoreEvent> = []
  #waiting: Array<() => void> = []

  get end(): StoreError | undefined {
    return this.calls.flatMap((call) => ("ended" in call ? [call.ended] : []))[0]
  }
  get lastProgress(): Revision | undefined {
    return this.calls.flatMap((call) => ("progress" in call ? [call.progress] : [])).at(-1)
  }
  /** Each event as `put key@revision=value` or `delete key@revision=last value`. */
  get lines(): ReadonlyArray<string> {
    return this.seen.map(({ type, kv }) => `${type} ${kv.key}@${kv.modRevision}=${text(kv.value)}`)
  }

  events(events: ReadonlyArray<StoreEvent>): void {
    this.seen.push(...events)
    this.#record({ events })
  }
  progress(progress: Revision): void {
    this.#record({ progress })
  }
  ended(ended: StoreError): void {
    this.#record({ ended })
  }

  /** Resolves once the condition holds; the test's own time limit is the only one. */
  async until(holds: (recorder: this) => boolean): Promise<void> {
    while (!holds(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #record(call: Call): void {
    this.calls.push(call)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** Watches into a new recorder. */
export const record = (store: Store, options: WatchOptions): { recorder: Recorder; watch: Watch } => {
  const recorder = new Recorder()
  return { recorder, watch: store.watch(options, recorder) }
}
