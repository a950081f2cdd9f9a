/** One watch of metadata for each resource that the API serves, feeding the graph; they come and go with the resources. */
import { Effect, FiberMap, type Scope } from "effect"
import { Client } from "../../client/index.ts"
import { makeInformer } from "../../reconciler/index.ts"
import type { Kind } from "../../schemas/index.ts"
import { type Graph, nodeOf } from "./graph.ts"
import { metadataClient } from "./metadata-client.ts"
import { monitorKey } from "./resources.ts"

export interface Monitors {
  /** Makes the watched resources exactly these. */
  readonly watch: (kinds: ReadonlyArray<Kind>) => Effect.Effect<void>
  /** Whether all of them have told all their objects. */
  readonly isComplete: () => boolean
}

/** Runs monitors in the Scope. `wake` is told the uids that may have work to do. */
export const makeMonitors = Effect.fnUntraced(function* (
  graph: Graph,
  wake: (uids: ReadonlyArray<string>) => void,
): Effect.fn.Return<Monitors, never, Client | Scope.Scope> {
  const client = metadataClient(yield* Client)
  const fibers = yield* FiberMap.make<string>()
  const watched = new Map<string, Kind>()
  const complete = new Set<string>()

  const monitor = Effect.fnUntraced(function* (kind: Kind) {
    const informer = yield* makeInformer(kind)
    yield* informer.subscribe(({ old, new: now }) => {
      // One name may have changed hands between two looks.
      if (old?.metadata.uid !== undefined && old.metadata.uid !== now?.metadata.uid)
        wake(graph.remove(old.metadata.uid))
      const node = now === undefined ? undefined : nodeOf(kind, now)
      if (node !== undefined) wake(graph.put(node))
    })
    yield* informer.synced
    complete.add(monitorKey(kind))
    return yield* Effect.never
  }, Effect.scoped)

  const stop = Effect.fnUntraced(function* (key: string, kind: Kind) {
    yield* FiberMap.remove(fibers, key)
    watched.delete(key)
    complete.delete(key)
    wake(graph.drop(kind))
  })

  return {
    watch: Effect.fnUntraced(function* (kinds) {
      const wanted = new Map(kinds.map((kind) => [monitorKey(kind), kind]))
      for (const [key, kind] of [...watched]) if (!wanted.has(key)) yield* stop(key, kind)
      for (const [key, kind] of wanted) {
        if (watched.has(key)) continue
        watched.set(key, kind)
        yield* FiberMap.run(fibers, key, Effect.provideService(monitor(kind), Client, client))
      }
    }),
    isComplete: () => watched.size > 0 && complete.size === watched.size,
  }
})
