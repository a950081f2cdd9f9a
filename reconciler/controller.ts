/** What a controller is: its sources, its reconcile, its bounds. Start with {@link Controller.make}; run with a Manager. */
import { Duration } from "effect"
import type { Kind } from "../schemas/index.ts"
import { type Backoff, exponentialBackoff } from "./backoff.ts"
import { retryRate } from "./limits.ts"
import type { Reconcile } from "./reconciler.ts"
import { owning, reconciling, type Source } from "./sources.ts"
import type { Rate } from "./token-bucket.ts"

export interface ControllerOptions<E, R> {
  /** In logs, metrics and causes; its writes should use it as field manager. */
  readonly name: string
  /** What is reconciled: a kind, or `reconciling(kind, { predicate, namespace, ... })`. */
  readonly for: Kind | Source
  /** Kinds whose objects name an object of `for` as their controller; or `owning(kind, options)`. */
  readonly owns?: ReadonlyArray<Kind | ReturnType<typeof owning>>
  /** Kinds that concern objects of `for` in other ways: `watching(kind, { map })`. */
  readonly watches?: ReadonlyArray<Source>
  /** Workers; never two on one key. */
  readonly concurrency?: number
  readonly backoff?: Backoff
  /** A bound on retries over all keys, besides each key's backoff. */
  readonly retryRate?: Rate
  /**
   * Every object of `for` is reconciled again after this long, at low priority. Only for what the API does not tell of, and better
   * by `RequeueAfter`.
   */
  readonly resync?: Duration.Input
  /** A reconcile that takes longer is interrupted and tried again. Absent: it may take as long as it likes. */
  readonly timeout?: Duration.Input
  readonly reconcile: Reconcile<E, R>
}

export interface Controller<R = never> {
  readonly name: string
  /** The first is what the controller is for. */
  readonly sources: readonly [Source, ...Array<Source>]
  readonly concurrency: number
  readonly backoff: Backoff
  readonly retryRate: Rate
  readonly resync: Duration.Duration | undefined
  readonly timeout: Duration.Duration | undefined
  readonly reconcile: Reconcile<unknown, R>
}

const isSource = (source: Kind | Source): source is Source => "requests" in source

export const Controller = {
  /** Describes a controller; nothing runs yet. */
  make: <E, R>(options: ControllerOptions<E, R>): Controller<R> => {
    const primary = isSource(options.for) ? options.for : reconciling(options.for)
    const owned = (options.owns ?? []).map((owns) =>
      (typeof owns === "function" ? owns : owning(owns))(primary.kind),
    )
    return {
      name: options.name,
      sources: [primary, ...owned, ...(options.watches ?? [])],
      concurrency: options.concurrency ?? 1,
      backoff: options.backoff ?? exponentialBackoff(),
      retryRate: options.retryRate ?? retryRate,
      resync: options.resync === undefined ? undefined : Duration.fromInputUnsafe(options.resync),
      timeout: options.timeout === undefined ? undefined : Duration.fromInputUnsafe(options.timeout),
      reconcile: options.reconcile,
    }
  },
}
