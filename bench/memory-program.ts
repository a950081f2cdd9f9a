/** One process that makes servers in memory: prints how long the first took, and the median of those after it, in ms. */
import { Effect } from "effect"
import { Server } from "../daemon/index.ts"
import { ConfigMap } from "../schemas/index.ts"
import { fleetDefinition } from "../test/integration/fleet.ts"
import { median } from "./measure.ts"

/** From nothing to the first object accepted, with a custom kind served. */
const start = async (): Promise<number> => {
  const began = performance.now()
  return Effect.gen(function* () {
    const { client } = yield* Server.memory({ crds: [fleetDefinition] })
    const metadata = { name: "a", namespace: "default" }
    yield* client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
    return performance.now() - began
  }).pipe(Effect.scoped, Effect.runPromise)
}

const cold = await start()
const warm: Array<number> = []
for (let index = 0; index < 20; index += 1) warm.push(await start())
process.stdout.write(`${JSON.stringify({ cold, warm: median(warm) })}\n`)
process.exit(0)
