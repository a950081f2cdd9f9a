/** Prints a hash of the trace of each seed: run by a test, to see that another process with another history tells the same. */
import { createHash } from "node:crypto"
import { renderTrace } from "../../simulation/index.ts"
import { loadSimulation } from "./folders.ts"

const [of = "", ...seeds] = process.argv.slice(2)
const { trace } = await loadSimulation(of)
for (const seed of seeds) {
  const text = renderTrace(await trace({ seed: Number(seed) }))
  console.log(seed, text.split("\n").length, createHash("sha256").update(text).digest("hex"))
}
