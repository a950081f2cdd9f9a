/**
 * Lists that cannot hurt: 20 at once of 100 MB, half of the readers slow. Rows: how much more memory the server has at its
 * peak, and how much longer single GETs and small writes take meanwhile.
 */
import { execFile } from "node:child_process"
import { resolve } from "node:path"
import { promisify } from "node:util"
import { inTurn, p50 } from "./measure.ts"
import { type Answer, type Measured, startMeasured } from "./measured.ts"
import { type Row, row } from "./row.ts"
import { startYardstick } from "./yardstick.ts"

const execute = promisify(execFile)
const namespace = "default"
const path = `/api/v1/namespaces/${namespace}/configmaps`
const objects = 50_000
const objectBytes = 2_048
const readers = 20
const aloneMs = 4_000
const stretch = 200
const slowBytesPerSecond = 25 * 1024 * 1024
const megabyte = 1024 * 1024
const program = resolve(import.meta.dirname, "reader-program.ts")

const table = "application/json;as=Table;v=v1;g=meta.k8s.io"
const forms = [
  { name: "JSON", query: "", accept: "application/json", encoding: "identity" },
  { name: "by label", query: "?labelSelector=half%3Deven", accept: "application/json", encoding: "identity" },
  { name: "Table", query: "", accept: table, encoding: "identity" },
  { name: "gzip", query: "", accept: "application/json", encoding: "gzip" },
  {
    name: "fields=",
    query: "?fields=data.value,metadata.labels",
    accept: "application/json",
    encoding: "identity",
  },
] as const

type Form = (typeof forms)[number]

const percentile = (values: ReadonlyArray<number>, part: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** The p99 of the best stretch of so many requests in a row: what else the machine does only ever slows. */
const bestP99 = (times: ReadonlyArray<number>): number => {
  const stretches = Math.max(1, Math.floor(times.length / stretch))
  return Math.min(
    ...Array.from({ length: stretches }, (_, index) =>
      percentile(times.slice(index * stretch, (index + 1) * stretch), 0.99),
    ),
  )
}

/** One after another until told to stop: GETs of one object, and updates of another. Times in ms. */
const smallRequests = (measured: Measured) => {
  const times: Array<number> = []
  let going = true
  const run = async (): Promise<void> => {
    for (let turn = 0; going; turn++) {
      const start = performance.now()
      if (turn % 4 === 3) {
        const body = Buffer.from(JSON.stringify({ data: { turn: String(turn) } }))
        const contentType = "application/merge-patch+json"
        await measured.client.call({ method: "PATCH", path: `${path}/small`, body, contentType })
      } else await measured.client.call({ method: "GET", path: `${path}/small` })
      times.push(performance.now() - start)
      await new Promise((resolve_) => setTimeout(resolve_, 2))
    }
  }
  const done = run()
  return {
    stop: async (): Promise<ReadonlyArray<number>> => {
      going = false
      await done
      return times
    },
  }
}

/** Small requests while something happens, and the most memory meanwhile. */
const during = async (
  measured: Measured,
  happen: () => Promise<unknown>,
): Promise<Answer & { readonly p99: number }> => {
  await measured.ask({ ask: "watch over" })
  const small = smallRequests(measured)
  await happen()
  const times = await small.stop()
  return { ...(await measured.ask({ ask: "peak" })), p99: bestP99(times) }
}

const nothing = (): Promise<void> => new Promise((resolve_) => setTimeout(resolve_, aloneMs))

const readAll = async (
  measured: Measured,
  { query, accept, encoding }: Form,
): Promise<ReadonlyArray<number>> => {
  const speeds = Array.from({ length: readers }, (_, index) =>
    String(index % 2 === 0 ? 0 : slowBytesPerSecond),
  )
  const reading = execute(
    "nice",
    ["-n", "10", process.execPath, program, `${path}${query}`, accept, encoding, ...speeds],
    { timeout: 600_000 },
  )
  reading.child.stdin?.end(JSON.stringify(measured.credentials))
  const { stdout } = await reading
  return JSON.parse(stdout) as ReadonlyArray<number>
}

const rowsOf = async (measured: Measured, form: Form): Promise<ReadonlyArray<Row>> => {
  const quiet = await during(measured, nothing)
  const rest = await measured.ask({ ask: "rest" })
  let bytes: ReadonlyArray<number> = []
  const busy = await during(measured, async () => {
    bytes = await readAll(measured, form)
  })
  const name = `lists: ${readers} x ${Math.round((bytes[0] ?? 0) / megabyte)} MB ${form.name}`
  return [
    row({
      name: `${name}, memory`,
      unit: "MB",
      budget: "<= +64 MB",
      ours: busy.memory.rss / megabyte,
      yardstick: rest.memory.rss / megabyte,
    }),
    row({
      name: `${name}, p99 of small requests`,
      unit: "ms",
      budget: "<= 2",
      ours: busy.p99,
      yardstick: quiet.p99,
    }),
  ]
}

/** One list alone, of so many objects of 1 KB: the time of its bytes from a bare server is the yardstick. */
const growthRow = async (count: number): Promise<Row> => {
  const measured = await startMeasured({ store: "memory" })
  const bare = await startYardstick()
  try {
    await measured.ask({ ask: "fill ConfigMaps", namespace, count, bytes: 1_024 })
    const all = await measured.client.call({ method: "GET", path })
    await bare.client.call({ method: "POST", path: "/fixed", body: all })
    const times = await inTurn(
      3,
      () => p50(3, () => measured.client.call({ method: "GET", path })),
      () => p50(3, () => bare.client.call({ method: "GET", path: "/fixed" })),
    )
    const name = `lists: one of ${count.toLocaleString("en")} x 1 KB`
    return row({ name, unit: "ms", budget: "<= 1.5", ...times })
  } finally {
    bare.stop()
    await measured.stop()
  }
}

const atOnce = async (): Promise<ReadonlyArray<Row>> => {
  const measured = await startMeasured({ store: "memory" })
  try {
    await measured.ask({ ask: "fill ConfigMaps", namespace, count: objects, bytes: objectBytes })
    const small = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "small" }, data: {} }
    await measured.client.call({ method: "POST", path, body: Buffer.from(JSON.stringify(small)) })
    const rows: Array<Row> = []
    for (const form of forms) rows.push(...(await rowsOf(measured, form)))
    return rows
  } finally {
    await measured.stop()
  }
}

export const run = async (): Promise<ReadonlyArray<Row>> => [
  await growthRow(10_000),
  await growthRow(100_000),
  ...(await atOnce()),
]
