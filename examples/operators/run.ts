/**
 * Runs one of these operators: `node examples/operators/run.ts 02-owns-children`. It serves an API in memory and prints how to reach
 * it; with `--cluster` it takes the cluster of your kubeconfig.
 */
import { globSync } from "node:fs"
import { join } from "node:path"
import { Effect, Exit, Fiber, Layer, type Scope } from "effect"
import {
  type Client,
  clientLayer,
  type Discovery,
  discoveryLayer,
  httpsTransport,
  loadKubeconfig,
} from "miren/client"
import { Server } from "miren/daemon"
import { Informers } from "miren/reconciler"

/** What `src/operator.ts` of an example exports. */
interface Example {
  readonly operator: Effect.Effect<unknown, unknown, Client | Discovery | Informers | Scope.Scope>
}

const [name = "", ...flags] = process.argv.slice(2)
const folder = join(import.meta.dirname, name)
const crds = globSync(join(folder, "crds/*.yaml"))
if (!/^\d\d-[a-z-]+$/.test(name) || crds.length === 0) {
  console.error(
    `usage: node examples/operators/run.ts NAME [--cluster], where NAME is a folder beside this file`,
  )
  process.exit(2)
}
const { operator }: Example = await import(join(folder, "src/operator.ts"))

const inMemory = Effect.gen(function* () {
  const server = yield* Server.memory({ crds })
  const { kubeconfigFile } = yield* server.listen()
  yield* server.start(operator)
  console.log(`ready: export KUBECONFIG=${kubeconfigFile}`)
  return yield* Effect.never
})

const inCluster = Effect.gen(function* () {
  const connection = yield* Effect.promise(() => loadKubeconfig())
  const transport = httpsTransport(connection)
  const api = Layer.mergeAll(clientLayer(transport, { userAgent: name }), discoveryLayer(transport))
  console.log(`ready: ${name} runs against ${connection.server}`)
  return yield* Effect.andThen(operator, Effect.never).pipe(
    Effect.provide(Layer.provideMerge(Informers.layer(), api)),
  )
})

const fiber = Effect.runFork(Effect.scoped(flags.includes("--cluster") ? inCluster : inMemory))
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => fiber.interruptUnsafe())
const exit = await Effect.runPromise(Fiber.await(fiber))
if (Exit.isFailure(exit) && !Exit.hasInterrupts(exit)) console.error(String(exit.cause))
process.exit(Exit.isSuccess(exit) || Exit.hasInterrupts(exit) ? 0 : 1)
