/** `npm run dev` serves an API in memory and runs the operator against it; `npm start` takes the cluster of your kubeconfig. */
import { resolve } from "node:path"
import { Effect, Exit, Fiber, Layer } from "effect"
import { clientLayer, httpsTransport, loadKubeconfig } from "miren/client"
import { Server } from "miren/daemon"
import { Informers } from "miren/reconciler"
import { operator } from "./operator.ts"

const crds = [new URL("../crds/greeting.yaml", import.meta.url)]

const inMemory = Effect.gen(function* () {
  const server = yield* Server.memory({ crds })
  const { kubeconfigFile } = yield* server.listen({ kubeconfigFile: resolve(".miren/kubeconfig") })
  yield* server.start(operator)
  console.log(`ready: in another shell\n  kubectl --kubeconfig ${kubeconfigFile} apply -f samples/`)
  return yield* Effect.never
})

const inCluster = Effect.gen(function* () {
  const connection = yield* Effect.promise(() => loadKubeconfig())
  const api = clientLayer(httpsTransport(connection), { userAgent: "my-operator" })
  console.log(`the operator runs against ${connection.server}`)
  return yield* Effect.andThen(operator, Effect.never).pipe(
    Effect.provide(Layer.provideMerge(Informers.layer(), api)),
  )
})

const program = process.argv.includes("--memory") ? inMemory : inCluster
const fiber = Effect.runFork(Effect.scoped(program))
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => fiber.interruptUnsafe())
const exit = await Effect.runPromise(Fiber.await(fiber))
if (Exit.isFailure(exit) && !Exit.hasInterrupts(exit)) console.error(String(exit.cause))
process.exit(Exit.isSuccess(exit) || Exit.hasInterrupts(exit) ? 0 : 1)
