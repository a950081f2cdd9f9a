/**
 * Thousands of custom kinds: what discovery and OpenAPI take right after one more was added, how soon its objects are
 * accepted, and what an unused kind costs in memory. The yardstick is the same with a tenth of the kinds.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { measureInTurns, type Pair } from "./kinds-figures.ts"
import { startMeasured } from "./measured.ts"
import { type Row, row } from "./row.ts"

const many = 2_000
const few = 200

const rowsOf = (where: string, { ours, yardstick }: Pair): ReadonlyArray<Row> => {
  const of = (name: string, unit: string, budget: string, pick: keyof Pair["ours"]): Row =>
    row({
      name: `kinds: ${where}, ${name}`,
      unit,
      budget,
      ours: ours[pick],
      yardstick: yardstick[pick],
    })
  return [
    of("one more to its first object, p50", "ms", "<= 50 ms", "usableP50"),
    of("one more to its first object, worst", "ms", "<= 50 ms", "usableMost"),
    of("aggregated discovery after a change", "ms", "<= 100 ms", "aggregated"),
    of("legacy discovery, all groups", "ms", "<= 1000 ms", "legacy"),
    of("OpenAPI v3 index after a change", "ms", "<= 100 ms", "v3Index"),
    of("OpenAPI v3 of one group", "ms", "<= 20 ms", "v3Group"),
    of("OpenAPI v2", "ms", "", "v2"),
    of("bytes of aggregated discovery, gzip", "KB", "<= 1000 KB", "aggregatedKilobytes"),
    of("memory of one unused", "KB", "<= 50 KB", "kilobytesEach"),
  ]
}

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = [
    ...rowsOf("2,000 in memory", await measureInTurns({ store: "memory", many, few })),
  ]
  const directory = mkdtempSync(join(tmpdir(), "miren-bench-kinds-"))
  try {
    const pair = await measureInTurns({ store: "embedded", many, few, directory })
    rows.push(...rowsOf("2,000 embedded", pair))
    const again = await startMeasured({ store: "embedded", directory: join(directory, "many") })
    const fewAgain = await startMeasured({ store: "embedded", directory: join(directory, "few") })
    rows.push(
      row({
        name: "kinds: 2,000 embedded, started again",
        unit: "ms",
        budget: "<= 10",
        ours: again.readyMs,
        yardstick: fewAgain.readyMs,
      }),
    )
    await Promise.all([again.stop(), fewAgain.stop()])
    return rows
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
