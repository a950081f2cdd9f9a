/** The role `controllers`: everything that makes the cluster's objects true and belongs to no node. */
import { Effect, type Scope } from "effect"
import type { Client, Discovery } from "../client/index.ts"
import {
  namespaceController,
  nodeController,
  runGarbageCollector,
  schedulerController,
} from "../controllers/index.ts"
import { type Informers, type LeaderElectionOptions, Manager, withLeadership } from "../reconciler/index.ts"

const runAll = Effect.gen(function* () {
  const scheduler = yield* schedulerController
  const node = yield* nodeController
  yield* Manager.start({ controllers: [namespaceController, scheduler, node] })
  yield* runGarbageCollector
})

/**
 * Runs them in the Scope. With an election, only while this server leads; without one, at once: a server that has its store
 * to itself needs to wait for nobody.
 */
export const runControllers = (
  election: LeaderElectionOptions | undefined,
): Effect.Effect<void, never, Client | Discovery | Informers | Scope.Scope> =>
  election === undefined
    ? runAll
    : Effect.asVoid(
        Effect.forkScoped(
          withLeadership(election, () => Effect.scoped(Effect.andThen(runAll, Effect.never))),
        ),
      )
