/**
 * A whole cluster without ports: the real API server over a memory store, a client, and a fake runtime, all in the test's
 * own time. Start with {@link makeApiWorld}.
 */
import { Clock, Context, type Duration, Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { type Ambient, ApiServer, systemAmbient } from "../../apiserver/index.ts"
import { type Client, clientLayer, type Discovery, discoveryLayer } from "../../client/index.ts"
import { Informers } from "../../reconciler/index.ts"
import { FakeWorld, fakeRuntimeLayer, type SandboxRuntime } from "../../runtime-shim/index.ts"
import { definitions } from "../../schemas/index.ts"
import { openMemoryStore } from "../../store/index.ts"

export interface ApiWorld {
  /** The machine under the fake runtime; it outlives runners. */
  readonly machine: FakeWorld
  /** Client, discovery and runtime. */
  readonly context: Context.Context<Client | Discovery | SandboxRuntime>
}

/** The server's time is the test's clock. */
const clockAmbient: Effect.Effect<Ambient> = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  return {
    ...systemAmbient,
    now: () => clock.currentTimeMillisUnsafe(),
    timer: (ms, fn) => {
      const fiber = fork(Effect.andThen(Effect.sleep(ms), Effect.sync(fn)))
      return () => fiber.interruptUnsafe()
    },
  }
})

export const makeApiWorld: Effect.Effect<ApiWorld, never, Scope.Scope> = Effect.gen(function* () {
  const store = yield* openMemoryStore()
  const server = yield* Effect.orDie(ApiServer.make({ store, definitions, ambient: yield* clockAmbient }))
  yield* server.ready
  const transport = server.inProcess({ name: "test", groups: ["system:masters", "system:authenticated"] })
  const machine = new FakeWorld()
  const context = yield* Layer.build(
    Layer.mergeAll(clientLayer(transport), discoveryLayer(transport), fakeRuntimeLayer({ world: machine })),
  )
  return { machine, context }
})

/** Informers of one process over a client. */
export const informersOf = (
  context: Context.Context<Client>,
): Effect.Effect<Context.Context<Informers>, never, Scope.Scope> =>
  Layer.build(Layer.provide(Informers.layer(), Layer.succeedContext(context)))

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Lets everything happen that can happen without time passing. */
export const settle: Effect.Effect<void> = Effect.asVoid(Effect.repeat(turn, { times: 100 }))

/** Moves time in steps, and lets things happen at each. */
export const pass = (seconds: number, step: Duration.Input = "1 second"): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* settle
    for (let second = 0; second < seconds; second++) {
      yield* TestClock.adjust(step)
      yield* settle
    }
  })

/** A process with informers of its own, in a scope of its own: `stop` ends it with all that it holds in memory. */
export const startProcess = Effect.fnUntraced(function* <E, R>(
  context: Context.Context<R | Client>,
  run: Effect.Effect<unknown, E, R | Client | Informers | Scope.Scope>,
): Effect.fn.Return<{ readonly stop: Effect.Effect<void> }, never, Scope.Scope> {
  const scope = yield* Scope.make()
  const stop = Scope.close(scope, Exit.void)
  yield* Effect.addFinalizer(() => stop)
  const informers = yield* informersOf(context).pipe(Scope.provide(scope))
  yield* run.pipe(
    Effect.provideContext(Context.merge(context, informers)),
    Scope.provide(scope),
    Effect.orDie,
  )
  return { stop }
})
