/** Controllers run together, under one lease where they are replicated. Start with {@link Manager.run}. */
import { Duration, Effect, Scope } from "effect"
import type { Client } from "../client/index.ts"
import type { Controller } from "./controller.ts"
import type { EndpointOptions, Endpoints } from "./endpoints/index.ts"
import type { Informers } from "./informers.ts"
import { type LeaderElectionOptions, type Leadership, withLeadership } from "./leader-election.ts"
import { shutdownGrace } from "./limits.ts"
import type { Request } from "./reconciler.ts"
import { type ControllerHandle, runController } from "./run-controller.ts"

export interface ManagerOptions<R> {
  readonly controllers: ReadonlyArray<Controller<R>>
  /** Absent: this process runs the controllers whoever else does. */
  readonly leaderElection?: LeaderElectionOptions
  /** How long running reconciles may go on after a shutdown began. A lost lease gives them none. */
  readonly grace?: Duration.Input
  /** Serves health, readiness, metrics and debug endpoints over HTTP; see `serveEndpoints`. Absent: none. */
  readonly endpoints?: EndpointOptions
}

/** What a manager does now, for people and health checks. */
export interface ManagerHandle {
  /** Those that run: none while another replica leads. */
  readonly controllers: () => ReadonlyArray<ControllerHandle>
  readonly isLeading: () => boolean
  /** Asks a controller for a reconcile before all others, its backoff forgotten. False where no such controller runs here. */
  readonly reconcileNow: (controller: string, request: Request) => boolean
  /** Where the endpoints are served. */
  readonly endpoints?: Endpoints
}

/**
 * Starts the controllers in the Scope; with leader election, whenever this replica leads. When the Scope closes no more keys are
 * taken, running reconciles get the grace and are then interrupted, and then the lease is given up.
 */
const start = Effect.fnUntraced(function* <R>(
  options: ManagerOptions<R>,
): Effect.fn.Return<ManagerHandle, never, R | Client | Informers | Scope.Scope> {
  const running = new Set<ControllerHandle>()
  let leading: Leadership | undefined
  const manager: ManagerHandle = {
    controllers: () => [...running],
    isLeading: () => options.leaderElection === undefined || (leading !== undefined && !leading.isLost()),
    reconcileNow: (controller, request) => {
      const handle = [...running].find(({ name }) => name === controller)
      handle?.reconcileNow(request)
      return handle !== undefined
    },
  }
  // Before the controllers, so that they are served until the last one has wound down.
  const endpoints = options.endpoints === undefined ? undefined : yield* serve(manager, options.endpoints)
  const lead = (leadership: Leadership | undefined) => {
    leading = leadership
  }
  yield* startControllers(options, { running, lead })
  return endpoints === undefined ? manager : { ...manager, endpoints }
})

/** Loaded by who serves them only. */
const serve = (
  manager: ManagerHandle,
  options: EndpointOptions,
): Effect.Effect<Endpoints, never, Scope.Scope> =>
  Effect.flatMap(
    Effect.promise(() => import("./endpoints/index.ts")),
    ({ serveEndpoints }) => serveEndpoints(manager, options),
  )

const startControllers = Effect.fnUntraced(function* <R>(
  options: ManagerOptions<R>,
  {
    running,
    lead,
  }: { readonly running: Set<ControllerHandle>; readonly lead: (leadership?: Leadership) => void },
) {
  const grace = Duration.fromInputUnsafe(options.grace ?? shutdownGrace)
  const runAll = (leadership?: Leadership) =>
    Effect.gen(function* () {
      // All of them wind down at once: the grace is one for all.
      const together = yield* Scope.make("parallel")
      yield* Effect.addFinalizer((exit) => Scope.close(together, exit))
      for (const controller of options.controllers) {
        yield* Effect.acquireRelease(
          runController(controller, { grace: () => (leadership?.isLost() ? Duration.zero : grace) }),
          (handle) => Effect.sync(() => running.delete(handle)),
        ).pipe(
          Effect.tap((handle) => Effect.sync(() => running.add(handle))),
          Scope.provide(yield* Scope.fork(together)),
        )
      }
    })

  if (options.leaderElection === undefined) {
    yield* runAll()
    return
  }
  const led = (leadership: Leadership) =>
    Effect.scoped(
      Effect.gen(function* () {
        yield* Effect.acquireRelease(
          Effect.sync(() => lead(leadership)),
          () => Effect.sync(() => lead()),
        )
        yield* runAll(leadership)
        return yield* Effect.never
      }),
    )
  yield* Effect.forkScoped(withLeadership(options.leaderElection, led))
})

export const Manager = {
  start,
  /** The same until it is interrupted. */
  run: <R>(options: ManagerOptions<R>): Effect.Effect<never, never, R | Client | Informers> =>
    Effect.scoped(Effect.andThen(start(options), Effect.never)) as Effect.Effect<
      never,
      never,
      R | Client | Informers
    >,
}
