/**
 * A daemon to be killed: opens the runtime of the data dir in its first argument, says `ready`, and makes, starts and
 * removes sandboxes without end, three at a time.
 */
import { randomBytes } from "node:crypto"
import { Effect } from "effect"
import { containerdRuntimeLayer, managedContainerd, SandboxRuntime } from "../../runtime-shim/index.ts"
import { TEST_IMAGE } from "./image.ts"

const dataDir = process.argv[2] ?? ""

const one = Effect.gen(function* () {
  const runtime = yield* SandboxRuntime
  const id = randomBytes(16).toString("hex")
  yield* runtime.create({
    id,
    handler: "gvisor",
    hostname: "doomed",
    labels: {},
    ports: [],
    containers: [{ name: "main", image: TEST_IMAGE, command: ["sleep", "1000"], env: [], resources: {} }],
  })
  yield* runtime.start(id)
  yield* runtime.remove(id)
})

const program = Effect.gen(function* () {
  const { address } = yield* managedContainerd({ dataDir })
  const layer = containerdRuntimeLayer({ address, dataDir, handlers: ["gvisor"] })
  const worker = Effect.forever(one)
  const work = Effect.andThen(
    Effect.sync(() => process.stdout.write("ready\n")),
    Effect.all([worker, worker, worker], { concurrency: 3 }),
  )
  yield* Effect.provide(work, layer)
})

await Effect.runPromise(Effect.scoped(program))
