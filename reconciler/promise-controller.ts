/**
 * A controller whose reconcile is an async function, for who does not write Effect. Start with `Controller.fromPromise`.
 *
 * The same rules hold: it is asked about a name, reads the truth, and moves the world one step; it may be cut at any point (by its
 * `signal`) and will be run again. What it throws is tried again with a backoff, but a `TerminalError`.
 */
import { Duration, Effect } from "effect"
import { Client, type Read, ReadContext } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { ControllerEvents } from "./controller-events.ts"
import type { EventRecorder } from "./events.ts"
import { Informers } from "./informers.ts"
import type { Lister } from "./object-cache.ts"
import { type PromiseClient, promiseClient } from "./promise-client.ts"
import { type Reconcile, type Request, Result } from "./reconciler.ts"
import type { Source } from "./sources.ts"

export interface RequeueAfterMs {
  readonly requeueAfterMs: number
}

/** Lines with the controller, the object and the reconcile's id. `fields` are added. */
export interface PromiseLog {
  readonly debug: (message: string, fields?: { readonly [name: string]: unknown }) => void
  readonly info: (message: string, fields?: { readonly [name: string]: unknown }) => void
  readonly warn: (message: string, fields?: { readonly [name: string]: unknown }) => void
  readonly error: (message: string, fields?: { readonly [name: string]: unknown }) => void
}

export interface PromiseReconcileContext {
  readonly client: PromiseClient
  /** What the controller's informer of the kind knows, without a request. Throws for a kind that the controller does not look at. */
  readonly lister: <T extends KubeObject>(kind: Kind<T>) => Lister<T>
  /** Aborted when the reconcile is to end: at its time limit, and at a shutdown when its grace is over. */
  readonly signal: AbortSignal
  readonly events: EventRecorder
  readonly log: PromiseLog
}

/** Nothing returned: wait for a change. */
export type PromiseReconcile = (
  request: Request,
  context: PromiseReconcileContext,
) => Promise<RequeueAfterMs | undefined> | Promise<void>

/** A lister that tells what was read of it, wherever it is asked. */
const notedLister = <T extends KubeObject>(
  kind: Kind<T>,
  lister: Lister<T>,
  {
    revision,
    onRead,
  }: { readonly revision: () => string | undefined; readonly onRead?: ((read: Read) => void) | undefined },
): Lister<T> => ({
  get: (key) => {
    const found = lister.get(key)
    onRead?.({ kind, key, resourceVersion: found?.metadata.resourceVersion })
    return found
  },
  list: (namespace = "") => {
    onRead?.({ kind, namespace, resourceVersion: revision() })
    return lister.list(namespace)
  },
  byIndex: (index, value) => {
    onRead?.({ kind, namespace: "", resourceVersion: revision() })
    return lister.byIndex(index, value)
  },
  size: lister.size,
})

const makeLog = Effect.map(Effect.context<never>(), (context): PromiseLog => {
  const at =
    (log: (...message: ReadonlyArray<unknown>) => Effect.Effect<void>) =>
    (message: string, fields: { readonly [name: string]: unknown } = {}): void => {
      Effect.runSyncWith(context)(Effect.annotateLogs(log(message), fields))
    }
  return {
    debug: at(Effect.logDebug),
    info: at(Effect.logInfo),
    warn: at(Effect.logWarning),
    error: at(Effect.logError),
  }
})

/** The async function as a reconcile. */
export const reconcilePromise = (
  controller: { readonly name: string; readonly sources: ReadonlyArray<Source> },
  reconcile: PromiseReconcile,
): Reconcile<unknown, Client | Informers> =>
  Effect.fnUntraced(function* (request) {
    const client = yield* Client
    const informers = yield* Informers
    const context = yield* Effect.context<never>()
    const { onRead } = yield* ReadContext
    const events = yield* ControllerEvents
    const log = yield* makeLog
    const held = yield* Effect.forEach(controller.sources, ({ kind, selection }) =>
      informers.get(kind, selection),
    )
    const lister = <T extends KubeObject>(kind: Kind<T>): Lister<T> => {
      const informer = held.find((one) => one.kind.group === kind.group && one.kind.plural === kind.plural)
      if (informer === undefined) {
        throw new Error(
          `controller ${controller.name} does not look at ${kind.plural}: add the kind to its owns or watches`,
        )
      }
      // The informer of a kind holds objects of that kind.
      const own = informer.lister as unknown as Lister<T>
      return notedLister(kind, own, { revision: informer.resourceVersion, onRead })
    }
    const result = yield* Effect.tryPromise({
      try: async (signal) =>
        (await reconcile(request, {
          client: promiseClient(client, context, signal),
          lister,
          signal,
          events,
          log,
        })) ?? undefined,
      catch: (thrown) => thrown,
    })
    return result === undefined
      ? Result.Done()
      : Result.RequeueAfter({ delay: Duration.millis(result.requeueAfterMs) })
  }, Effect.scoped)
