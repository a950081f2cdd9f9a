/** A server in memory from nothing to its first object: in a fresh process, and again in the same one. */
import { execFileSync } from "node:child_process"
import { resolve } from "node:path"
import { median } from "./measure.ts"
import { type Row, row } from "./row.ts"

const coldBudgetMs = 100

const measure = (): { readonly cold: number; readonly warm: number } =>
  JSON.parse(
    execFileSync(process.execPath, [resolve(import.meta.dirname, "memory-program.ts")], {
      encoding: "utf8",
      timeout: 60_000,
    }),
  )

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const runs = Array.from({ length: 5 }, measure)
  const of = (name: string, ours: number): Row =>
    row({ name, unit: "ms", budget: "<= 1.0", ours, yardstick: coldBudgetMs })
  return [
    of("memory: server to first object, cold", median(runs.map(({ cold }) => cold))),
    of("memory: server to first object, warm", median(runs.map(({ warm }) => warm))),
  ]
}
