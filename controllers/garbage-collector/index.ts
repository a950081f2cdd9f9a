/**
 * The garbage collector: deletes what lost all its owners, and sees foreground and orphaning deletions through.
 *
 * Its keys are uids, its graph is fed by a watch of every resource that the API serves, and every deletion rests on what was
 * read live. Start with {@link runGarbageCollector}.
 */
import { Deferred, Effect, type Scope } from "effect"
import type { Client, Discovery } from "../../client/index.ts"
import {
  Controller,
  type ControllerHandle,
  type Informers,
  makeEventRecorder,
  runController,
  watching,
} from "../../reconciler/index.ts"
import { CustomResourceDefinition } from "../../schemas/index.ts"
import { collectorWorkers } from "../limits.ts"
import { CONTROLLER_NAME } from "./apply.ts"
import { Graph } from "./graph.ts"
import { makeMonitors } from "./monitors.ts"
import { type Collector, DISCOVER, reconcile } from "./reconcile.ts"
import { Resources } from "./resources.ts"

/** Runs the collector in the Scope. */
export const runGarbageCollector: Effect.Effect<
  ControllerHandle,
  never,
  Client | Discovery | Informers | Scope.Scope
> = Effect.gen(function* () {
  const ready = yield* Deferred.make<Collector>()
  const handle = yield* runController(
    Controller.make({
      name: CONTROLLER_NAME,
      for: watching(CustomResourceDefinition, { map: () => [DISCOVER] }),
      concurrency: collectorWorkers,
      reconcile: (request) =>
        Effect.flatMap(Deferred.await(ready), (collector) => reconcile(request, collector)),
    }),
  )
  const wake = (uids: ReadonlyArray<string>) => {
    for (const uid of uids) handle.enqueue({ namespace: "", name: uid })
  }
  const graph = new Graph()
  const monitors = yield* makeMonitors(graph, wake)
  const events = yield* makeEventRecorder(CONTROLLER_NAME)
  const collector: Collector = {
    graph,
    resources: new Resources(),
    isComplete: monitors.isComplete,
    monitors,
    events,
    wake,
    parked: new Set(),
  }
  yield* Deferred.succeed(ready, collector)
  handle.enqueue(DISCOVER)
  return handle
})
