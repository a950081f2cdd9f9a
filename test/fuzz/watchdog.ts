/** Ends a run whose event loop stands still, and says at which request: what no code of that loop can do. */
import { Worker } from "node:worker_threads"
import type { Place } from "./random.ts"

/** Time without a request after which the loop counts as stuck. */
const stuckMs = 60_000

const program = `
const { parentPort, workerData } = require("node:worker_threads")
const cells = new Int32Array(workerData.shared)
const names = workerData.names
let before = -1
setInterval(() => {
  const now = Atomics.load(cells, 0)
  if (now === before) {
    const [, slice, seed, round, index] = cells
    require("node:fs").writeSync(2, "the event loop stood still for " + workerData.stuckMs + " ms at: npm run fuzz -- --slice " +
      names[slice] + " --seed " + seed + " --round " + round + " --requests " + (index + 1) + "\\n")
    process.kill(process.pid, "SIGKILL")
  }
  before = now
}, workerData.stuckMs)
`

export interface Watchdog {
  readonly about: (place: Place) => void
  readonly stop: () => Promise<number>
}

export const startWatchdog = (names: ReadonlyArray<string>): Watchdog => {
  const shared = new SharedArrayBuffer(5 * 4)
  const cells = new Int32Array(shared)
  const worker = new Worker(program, { eval: true, workerData: { shared, names, stuckMs } })
  worker.unref()
  return {
    about: ({ slice, seed, round, index }) => {
      cells[1] = names.indexOf(slice)
      cells[2] = seed
      cells[3] = round
      cells[4] = index
      Atomics.add(cells, 0, 1)
    },
    stop: () => worker.terminate(),
  }
}
