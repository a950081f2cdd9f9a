/** What the watch cache keeps of so many objects, beside what they come to as bytes; and at ten times the size. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Answer, startMeasured } from "./measured.ts"
import { type Row, row } from "./row.ts"

const objectBytes = 2_048
const sizes = [100_000, 1_000_000]
const megabyte = 1024 * 1024

const usedBy = ({ memory }: Answer): number => memory.heapUsed + memory.external

/** Started over what is stored, so that what writing left behind is not counted. The embedded store keeps its bytes in a file. */
const restOver = async (directory: string): Promise<Answer> => {
  const measured = await startMeasured({ store: "embedded", directory })
  try {
    return await measured.ask({ ask: "rest" })
  } finally {
    await measured.stop()
  }
}

const rowsOf = async (count: number): Promise<ReadonlyArray<Row>> => {
  const directory = mkdtempSync(join(tmpdir(), "miren-bench-cache-"))
  try {
    const empty = await restOver(directory)
    const writer = await startMeasured({ store: "embedded", directory })
    const maps = { namespace: "default", count, bytes: objectBytes }
    const { bytes } = await writer.ask({ ask: "fill ConfigMaps", ...maps })
    await writer.stop()
    const full = await restOver(directory)
    const name = `cache: ${count.toLocaleString("en")} x ${Math.round(bytes / count)} bytes`
    const kept = { unit: "MB", yardstick: bytes / megabyte }
    return [
      row({
        name: `${name}, kept`,
        budget: "<= 1.5",
        ours: (usedBy(full) - usedBy(empty)) / megabyte,
        ...kept,
      }),
      row({
        name: `${name}, RSS of the server`,
        budget: "<= 2",
        ours: full.memory.rss / megabyte,
        ...kept,
      }),
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const count of sizes) rows.push(...(await rowsOf(count)))
  return rows
}
