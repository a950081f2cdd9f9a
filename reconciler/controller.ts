/** What a controller is: its sources, its reconcile, its bounds. Start with {@link Controller.make}; run with a Manager. */
import { Duration } from "effect"
import type { Client } from "../client/index.ts"
import type { Kind } from "../schemas/index.ts"
import { type Backoff, exponentialBackoff } from "./backoff.ts"
import type { Informers } from "./informers.ts"
import { retryRate } from "./limits.ts"
import { type PromiseReconcile, reconcilePromise } from "./promise-controller.ts"
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

export interface PromiseControllerOptions
  extends Omit<ControllerOptions<unknown, Client | Informers>, "reconcile"> {
  /** See {@link PromiseReconcile}. */
  readonly reconcile: PromiseReconcile
}

const isSource = (source: Kind | Source): source is Source => "requests" in source

const make = <E, R>(options: ControllerOptions<E, R>): Controller<R> => ({
  name: options.name,
  sources: sourcesOf(options),
  concurrency: options.concurrency ?? 1,
  backoff: options.backoff ?? exponentialBackoff(),
  retryRate: options.retryRate ?? retryRate,
  resync: options.resync === undefined ? undefined : Duration.fromInputUnsafe(options.resync),
  timeout: options.timeout === undefined ? undefined : Duration.fromInputUnsafe(options.timeout),
  reconcile: options.reconcile,
})

const sourcesOf = (
  options: Pick<ControllerOptions<unknown, unknown>, "for" | "owns" | "watches">,
): Controller["sources"] => {
  const primary = isSource(options.for) ? options.for : reconciling(options.for)
  const owned = (options.owns ?? []).map((owns) =>
    (typeof owns === "function" ? owns : owning(owns))(primary.kind),
  )
  return [primary, ...owned, ...(options.watches ?? [])]
}

/**
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { startMemoryServer } from "miren/daemon"
 * import { Controller, keyString, Manager, Result } from "miren/reconciler"
 * import { ConfigMap } from "miren/schemas"
 *
 * const seen: Array<string> = []
 * const looker = Controller.make({
 *   name: "looker",
 *   for: ConfigMap,
 *   reconcile: (request) =>
 *     Effect.sync(() => {
 *       seen.push(keyString(request))
 *       return Result.Done()
 *     }),
 * })
 * const server = await startMemoryServer()
 * await server.start(Manager.start({ controllers: [looker] }))
 * const metadata = { name: "a", namespace: "default" }
 * await server.client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
 * await server.settle()
 * if (!seen.includes("default/a")) throw new Error("it was not seen")
 * await server.close()
 * ```
 */
export const Controller = {
  /** Describes a controller; nothing runs yet. */
  make,
  /** The same with an async function: `reconcile: async (request, { client, lister, signal, events, log }) => ...`. */
  fromPromise: (options: PromiseControllerOptions): Controller<Client | Informers> => {
    const { name } = options
    return make({
      ...options,
      reconcile: reconcilePromise({ name, sources: sourcesOf(options) }, options.reconcile),
    })
  },
}
