/** A thread that runs the seeds it is given. */
import { parentPort } from "node:worker_threads"
import type { SimulateOptions } from "../../simulation/index.ts"
import { loadSimulation } from "./folders.ts"

export interface Task {
  readonly of: string
  readonly options: SimulateOptions
}

parentPort?.on("message", async ({ of, options }: Task) => {
  const { simulate } = await loadSimulation(of)
  parentPort?.postMessage(await simulate(options))
})
