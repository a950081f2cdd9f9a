/** Controllers of the daemon at work on a server under test, in real time, until the test is over. */
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { admin } from "../../apiserver/test-world.ts"
import { Client, Discovery, makeClient, makeDiscovery } from "../../client/index.ts"
import { Informers } from "../../reconciler/index.ts"
import type { World } from "./documents.ts"

export const withControllers = async <E>(
  world: World,
  run: Effect.Effect<unknown, E, Client | Discovery | Informers | Scope.Scope>,
  body: () => Promise<void>,
): Promise<void> => {
  const transport = world.server.inProcess(admin)
  const context = Context.make(Client, makeClient(transport)).pipe(
    Context.add(Discovery, makeDiscovery(transport)),
  )
  const services = Layer.provideMerge(Informers.layer(), Layer.succeedContext(context))
  const scope = await Effect.runPromise(Scope.make())
  const running = Effect.flatMap(Layer.build(services), (built) => Effect.provideContext(run, built))
  await Effect.runPromise(Scope.provide(running, scope))
  try {
    await body()
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
