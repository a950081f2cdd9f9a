/** Seeds shared out among threads. A run depends on its seed alone, so it does not matter where it is run. */
import { once } from "node:events"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { mergeReports, type Report } from "../../simulation/index.ts"
import type { Task } from "./worker.ts"

const seedsATime = 20

export class Workers {
  readonly #workers = Array.from(
    { length: availableParallelism() },
    () => new Worker(join(import.meta.dirname, "worker.ts")),
  )

  /** Runs the seeds in order, until one fails; of those that fail the first is reported. */
  async run(of: string, seeds: ReadonlyArray<number>, everyCrash = false): Promise<Report> {
    const reports: Array<Report> = []
    let next = 0
    const serve = async (worker: Worker) => {
      while (next < seeds.length && reports.every(({ failures }) => failures.length === 0)) {
        const step = everyCrash ? 1 : seedsATime
        const some = seeds.slice(next, next + step)
        next += step
        const task: Task = { of, options: { seeds: some, everyCrash } }
        worker.postMessage(task)
        const [report]: ReadonlyArray<Report> = await once(worker, "message")
        if (report !== undefined) reports.push(report)
      }
    }
    await Promise.all(this.#workers.map(serve))
    const { failures, ...rest } = mergeReports(of, reports)
    return { ...rest, failures: failures.slice(0, 1) }
  }

  async end(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}
