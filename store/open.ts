/** The stores as Effects in a Scope: opened when the scope opens, closed when it closes. */
import { Context, Effect, type Scope } from "effect"
import { effectTimer } from "./ambient.ts"
import type { ClosableStore } from "./closable.ts"
import { type EmbeddedStoreOptions, makeEmbeddedStore } from "./embedded.ts"
import { type EtcdStoreOptions, makeEtcdStore } from "./etcd.ts"
import { type MemoryStoreOptions, makeMemoryStore } from "./memory.ts"
import { StoreOpenError } from "./open-error.ts"
import type { Store } from "./store.ts"

/** The store of the program. */
export class StoreService extends Context.Service<StoreService, Store>()("store/Store") {}

/** A memory store whose time is the Effect clock's. */
export const openMemoryStore = (options: MemoryStoreOptions = {}): Effect.Effect<Store, never, Scope.Scope> =>
  effectTimer.pipe(
    Effect.flatMap((timer) => closing(Effect.sync(() => makeMemoryStore({ timer, ...options })))),
    Effect.withSpan("store.openMemoryStore"),
  )

/** The store in a directory. Fails with `DataDirUnusable`, `DataDirInUse` or `DataTooNew`. */
export const openEmbeddedStore = (
  options: EmbeddedStoreOptions,
): Effect.Effect<Store, StoreOpenError, Scope.Scope> =>
  effectTimer.pipe(
    Effect.flatMap((timer) =>
      closing(Effect.try({ try: () => makeEmbeddedStore({ timer, ...options }), catch: openErrorOf })),
    ),
    Effect.withSpan("store.openEmbeddedStore"),
  )

/** The store over an etcd. Fails with `Unreachable` when no endpoint answers in time. */
export const openEtcdStore = (options: EtcdStoreOptions): Effect.Effect<Store, StoreOpenError, Scope.Scope> =>
  effectTimer.pipe(
    Effect.flatMap((timer) =>
      closing(Effect.tryPromise({ try: () => makeEtcdStore({ timer, ...options }), catch: openErrorOf })),
    ),
    Effect.withSpan("store.openEtcdStore"),
  )

const closing = <E>(open: Effect.Effect<ClosableStore, E>): Effect.Effect<Store, E, Scope.Scope> =>
  Effect.acquireRelease(open, (store) => Effect.promise(() => store.close()))

const openErrorOf = (cause: unknown): StoreOpenError =>
  cause instanceof StoreOpenError
    ? cause
    : new StoreOpenError({
        reason: "Unreachable",
        cause,
        message: cause instanceof Error ? cause.message : String(cause),
      })
