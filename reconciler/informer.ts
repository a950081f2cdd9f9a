/**
 * A local copy of the objects of a kind, kept true by list and watch. Start with {@link Informer}; get one from `Informers`.
 */
import { Clock, Duration, Effect, Fiber, type Scope } from "effect"
import { Client, type Read, ReadContext, type Written } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { Admission, type Refusal, type Validate } from "./admission.ts"
import type { Held } from "./field-projection.ts"
import {
  type ChangeHandler,
  InformerCore,
  type InformerCounts,
  type InformerState,
  type Selection,
} from "./informer-core.ts"
import { watchIdleTimeout } from "./limits.ts"
import type { IndexFunction, Lister } from "./object-cache.ts"
import { reflect } from "./reflector.ts"

export interface InformerOptions<T extends KubeObject = KubeObject, F extends string = string>
  extends Selection {
  /**
   * The only fields that are held, besides those of every object (`alwaysHeld`): the cache, what handlers are told, and the
   * object's type are reduced to them. See {@link projection} for the paths.
   */
  readonly fields?: ReadonlyArray<F>
  /**
   * Refuses objects that do not fit their type: a refused object is left out of the cache, or stays as it was last right, and
   * `refusals` says which and why. Sees objects whole.
   */
  readonly validate?: Validate
  /** Secondary indexes by name, for `Lister.byIndex`. */
  readonly indexes?: { readonly [name: string]: IndexFunction<Held<T, F>> }
  /**
   * A watch that is silent for longer is taken for dead. Servers send bookmarks each minute: once three came, a missing one
   * ends the watch within two seconds, whatever this says.
   */
  readonly idleTimeout?: Duration.Input
}

/**
 * Guarantees: readers see a state that the server had, and each handler sees every object's latest state; between, states
 * may be skipped, never the last. It goes on through lost connections and compaction, and says `Stale` while it is behind.
 */
export interface Informer<T extends KubeObject = KubeObject> {
  readonly kind: Kind<T>
  readonly selection: Selection
  readonly lister: Lister<T>
  readonly state: () => InformerState
  readonly counts: () => InformerCounts
  /** The resourceVersion up to which everything is known; undefined before the first list. */
  readonly resourceVersion: () => string | undefined
  /** Objects that are not shown as they are, and why. The first hundred. */
  readonly refusals: () => ReadonlyArray<Refusal>
  /** Waits for the first list. */
  readonly synced: Effect.Effect<void>
  readonly addIndexes: (indexes: { readonly [name: string]: IndexFunction<T> }) => void
  /** Tells of everything there is, then of each change, synchronously, as long as the Scope is open. */
  readonly subscribe: (handler: ChangeHandler<T>) => Effect.Effect<void, never, Scope.Scope>
  /** Whether the write has shown here, or never would. */
  readonly hasSeen: (written: Written) => boolean
  /** Waits until the write shows; for ever where it does not: race it. */
  readonly awaitSeen: (written: Written) => Effect.Effect<void>
  /** Reads the list anew, and waits for it: what is shown then is no older than the moment of asking. */
  readonly refresh: Effect.Effect<void>
}

interface Indexed<T extends KubeObject> {
  readonly indexes?: { readonly [name: string]: IndexFunction<T> }
}

/** Runs an informer of its own in the Scope. Most callers want a shared one: `Informers`. */
export const makeInformer = <T extends KubeObject, const F extends string = string>(
  kind: Kind<T>,
  options: InformerOptions<T, F> = {},
): Effect.Effect<Informer<Held<T, F>>, never, Client | Scope.Scope> =>
  // Reduced objects come from an informer whose cache is reduced: the two types say the same.
  make(kind as unknown as Kind<Held<T, F>>, options)

const make = Effect.fnUntraced(function* <T extends KubeObject>(
  kind: Kind<T>,
  options: Omit<InformerOptions<T>, "indexes"> & Indexed<T>,
): Effect.fn.Return<Informer<T>, never, Client | Scope.Scope> {
  const client = yield* Client
  const core = new InformerCore<T>(selectionOf(options), new Admission<T>(options))
  const addIndexes = (indexes: { readonly [name: string]: IndexFunction<T> }) => {
    for (const [name, values] of Object.entries(indexes)) core.cache.addIndex(name, values)
  }
  addIndexes(options.indexes ?? {})
  const idleTimeout = Duration.fromInputUnsafe(options.idleTimeout ?? watchIdleTimeout)
  yield* Effect.forkScoped(reflect({ client, kind, core, idleTimeout }))
  const when = (condition: () => boolean) =>
    Effect.callback<void>((resume) => {
      const cancel = core.when(condition, () => resume(Effect.void))
      return Effect.sync(cancel)
    })
  const hasSeen = (written: Written) => !core.concerns(written) || core.hasSeen(written)
  return {
    kind,
    selection: core.selection,
    lister: notedLister(kind, core),
    state: () => core.state,
    counts: () => ({ ...core.counts, refused: core.admission.refused }),
    refusals: () => core.admission.refusals,
    resourceVersion: () => core.revision,
    synced: when(() => core.synced),
    addIndexes,
    subscribe: (handler) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => core.subscribe(handler)),
          (unsubscribe) => Effect.sync(unsubscribe),
        ),
      ),
    hasSeen,
    awaitSeen: (written) => when(() => hasSeen(written)),
    refresh: Effect.suspend(() => {
      const asked = core.askForList()
      return when(() => core.hasListed(asked))
    }),
  }
})

/** What a reconcile reads of the cache is one of its inputs: its fiber's context hears of it. */
const notedLister = <T extends KubeObject>(kind: Kind<T>, core: InformerCore<T>): Lister<T> => {
  const { cache } = core
  const note = (read: Omit<Read, "kind">): void =>
    Fiber.getCurrent()
      ?.getRef(ReadContext)
      .onRead?.({ kind, ...read })
  const noteList = (namespace = ""): void => note({ namespace, resourceVersion: core.revision })
  return {
    get: (key) => {
      const found = cache.get(key)
      note({ key, resourceVersion: found?.metadata.resourceVersion })
      return found
    },
    list: (namespace) => {
      noteList(namespace)
      return cache.list(namespace)
    },
    byIndex: (index, value) => {
      noteList()
      return cache.byIndex(index, value)
    },
    size: cache.size,
  }
}

/** Only what selects, and only where it says something. */
export const selectionOf = (options: Selection): Selection => ({
  ...(options.namespace === undefined || options.namespace === "" ? {} : { namespace: options.namespace }),
  ...(options.labelSelector === undefined || options.labelSelector === ""
    ? {}
    : { labelSelector: options.labelSelector }),
  ...(options.fieldSelector === undefined || options.fieldSelector === ""
    ? {}
    : { fieldSelector: options.fieldSelector }),
})

/** How long an informer has been behind, by its own clock; zero while it is not. */
export const staleFor = (informer: Informer): Effect.Effect<Duration.Duration> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const state = informer.state()
    return Duration.millis(state._tag === "Stale" ? now - state.sinceMs : 0)
  })
