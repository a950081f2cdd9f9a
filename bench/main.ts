/**
 * `npm run bench -- store api watch lists kinds cache memory sandbox`: the budgets of docs/budgets.md. Every row is a ratio to a yardstick that is
 * measured in the same call, since absolute figures wander from machine to machine. Without names: all of them.
 */
import type { Row } from "./row.ts"

const suites: { readonly [name: string]: () => Promise<{ run: () => Promise<ReadonlyArray<Row>> }> } = {
  store: () => import("./store.ts"),
  api: () => import("./api.ts"),
  watch: () => import("./watch.ts"),
  lists: () => import("./lists.ts"),
  kinds: () => import("./kinds.ts"),
  cache: () => import("./cache.ts"),
  reconciler: () => import("./reconciler.ts"),
  records: () => import("./recorded-writes.ts"),
  memory: () => import("./memory.ts"),
  sandbox: () => import("./sandbox.ts"),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(suites, name))
if (unknown.length > 0) {
  process.stderr.write(`no such row: ${unknown.join(", ")}; there are ${Object.keys(suites).join(", ")}\n`)
  process.exit(1)
}

const figure = (value: number): string =>
  value >= 1_000 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3)).toString()

const heading = ["name", "ours", "yardstick", "ratio", "budget"]
const widths = [64, 16, 16, 8, 10]
const line = (cells: ReadonlyArray<string>): string =>
  cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join("  ")
    .trimEnd()

process.stdout.write(`${line(heading)}\n`)
for (const name of asked.length > 0 ? asked : Object.keys(suites)) {
  const suite = await suites[name]?.()
  for (const row of (await suite?.run()) ?? []) {
    const cells = [
      row.name,
      `${figure(row.ours)} ${row.unit}`,
      `${figure(row.yardstick)} ${row.unit}`,
      row.ratio.toFixed(2),
    ]
    process.stdout.write(`${line([...cells, row.budget])}\n`)
  }
}
process.exit(0)
