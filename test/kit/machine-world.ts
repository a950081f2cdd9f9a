/**
 * A world with a machine in it: what a runner or a controller of sandboxes needs beside the API. The machine is that of the fake
 * runtime, and outlives the processes that drive it. Start with {@link makeMachineWorld}.
 */
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { Client, Discovery, makeDiscovery } from "../../client/index.ts"
import { Informers } from "../../reconciler/index.ts"
import { FakeWorld, fakeRuntimeLayer, type SandboxRuntime } from "../../runtime-shim/index.ts"
import { makeWorld } from "./world.ts"

export interface MachineWorld {
  readonly machine: FakeWorld
  /** An administrator's client, discovery, and the runtime of the machine. */
  readonly context: Context.Context<Client | Discovery | SandboxRuntime>
}

export const makeMachineWorld: Effect.Effect<MachineWorld, never, Scope.Scope> = Effect.gen(function* () {
  const world = yield* makeWorld()
  const machine = new FakeWorld()
  const runtime = yield* Layer.build(fakeRuntimeLayer({ world: machine }))
  const api = Context.make(Client, world.client).pipe(
    Context.add(Discovery, makeDiscovery(world.transport())),
    Context.merge(runtime),
  )
  return { machine, context: api }
})

/** A process with informers of its own, in a scope of its own: `stop` ends it with all that it holds in memory. */
export const startProcess = Effect.fnUntraced(function* <E, R>(
  context: Context.Context<R | Client>,
  run: Effect.Effect<unknown, E, R | Client | Informers | Scope.Scope>,
): Effect.fn.Return<{ readonly stop: Effect.Effect<void> }, never, Scope.Scope> {
  const scope = yield* Scope.make()
  const stop = Scope.close(scope, Exit.void)
  yield* Effect.addFinalizer(() => stop)
  const informers = yield* Layer.build(Layer.provide(Informers.layer(), Layer.succeedContext(context))).pipe(
    Scope.provide(scope),
  )
  yield* run.pipe(
    Effect.provideContext(Context.merge(context, informers)),
    Scope.provide(scope),
    Effect.orDie,
  )
  return { stop }
})
