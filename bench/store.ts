/** What the stores cost over what they stand on: etcd through etcd3 itself, SQLite through node:sqlite itself. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Effect } from "effect"
import { Etcd3 } from "etcd3"
import {
  type ClosableStore,
  makeEmbeddedStore,
  makeEtcdStore,
  makeMemoryStore,
  managedEtcd,
  type Store,
} from "../store/index.ts"
import { type Row, row } from "./row.ts"

const valueBytes = 1_000
const clients = 64
const putsConcurrent = 6_400
const putsSequential = 500
const rangeKeys = 10_000
/** Each figure is the best of so many, taken in turns with its yardstick: what else runs here only ever slows. */
const rounds = 3

/**
 * The embedded store keeps every version, in order and indexed, where its yardstick keeps one; the memory store's
 * yardstick is a bare Map: theirs are ratios to watch, and the etcd's is the one to keep.
 */
const budgets = {
  etcd: { puts: ">= 0.85", sequential: "<= 1.25", range: "<= 1.3" },
  embedded: { puts: ">= 0.2", sequential: "<= 1.3", range: "<= 2" },
  memory: { puts: ">= 0.2", sequential: "<= 8", range: "<= 3" },
} as const

/** The work that is compared: a conditional put of a new key, and reading a whole prefix. */
interface Subject {
  readonly put: (key: string, value: Uint8Array) => Promise<unknown>
  readonly range: (prefix: string) => Promise<number>
}

export const run = async (): Promise<Array<Row>> => {
  const directory = mkdtempSync(join(tmpdir(), "miren-bench-store-"))
  try {
    return [...(await rowsOfEtcd(directory)), ...(await rowsOfEmbedded(directory)), ...(await rowsOfMemory())]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const rowsOfEtcd = (directory: string): Promise<ReadonlyArray<Row>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { endpoints } = yield* managedEtcd({ dataDir: directory })
        const client = new Etcd3({
          hosts: [...endpoints],
          grpcOptions: { "grpc.max_receive_message_length": -1 },
        })
        const store = yield* Effect.promise(() => makeEtcdStore({ endpoints }))
        const rows = yield* Effect.promise(() => compare("etcd", subjectOf(store), directEtcd(client)))
        client.close()
        yield* Effect.promise(() => store.close())
        return rows
      }),
    ),
  )

const directEtcd = (client: Etcd3): Subject => ({
  put: (name, value) => {
    const key = Buffer.from(name)
    return client.kv.txn({
      compare: [{ key, target: "Create", result: "Equal", create_revision: 0 }],
      success: [{ request_put: { key, value: Buffer.from(value) } }],
      failure: [{ request_range: { key } }],
    })
  },
  range: async (prefix) => {
    const key = Buffer.from(prefix)
    const range_end = Buffer.from(`${prefix.slice(0, -1)}0`)
    return (await client.kv.range({ key, range_end })).kvs.length
  },
})

const rowsOfEmbedded = async (directory: string): Promise<ReadonlyArray<Row>> => {
  const store = makeEmbeddedStore({ directory: join(directory, "embedded") })
  const database = new DatabaseSync(join(directory, "direct.sqlite"))
  try {
    return await compare("embedded", subjectOf(store), directSqlite(database))
  } finally {
    database.close()
    await store.close()
  }
}

/** A plain table, written in one transaction a turn as a good program would. */
const directSqlite = (database: DatabaseSync): Subject => {
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE kv (key TEXT PRIMARY KEY, value BLOB)",
  )
  const insert = database.prepare("INSERT INTO kv VALUES (?, ?)")
  const select = database.prepare("SELECT key, value FROM kv WHERE key >= ? AND key < ? ORDER BY key")
  let waiting: Array<() => void> = []
  const flush = () => {
    const told = waiting
    waiting = []
    database.exec("COMMIT")
    for (const tell of told) tell()
  }
  return {
    put: (key, value) =>
      new Promise<void>((resolve) => {
        if (waiting.length === 0) {
          database.exec("BEGIN")
          setImmediate(flush)
        }
        waiting.push(resolve)
        insert.run(key, value)
      }),
    range: async (prefix) => select.all(prefix, `${prefix}~`).length,
  }
}

const rowsOfMemory = async (): Promise<ReadonlyArray<Row>> => {
  const store: ClosableStore = makeMemoryStore()
  const map = new Map<string, Uint8Array>()
  const direct: Subject = {
    put: async (key, value) => map.set(key, value),
    range: async (prefix) => [...map.keys()].filter((key) => key.startsWith(prefix)).sort().length,
  }
  const rows = await compare("memory", subjectOf(store), direct)
  await store.close()
  return rows
}

const subjectOf = (store: Store): Subject => ({
  put: (key, value) => store.put({ key, value, expect: { absent: true } }),
  range: async (prefix) => (await store.range({ prefix })).items.length,
})

const compare = async (
  name: keyof typeof budgets,
  ours: Subject,
  yardstick: Subject,
): Promise<ReadonlyArray<Row>> => {
  const puts = { ours: 0, yardstick: 0 }
  const sequential = { ours: Number.POSITIVE_INFINITY, yardstick: Number.POSITIVE_INFINITY }
  const range = { ours: Number.POSITIVE_INFINITY, yardstick: Number.POSITIVE_INFINITY }
  const subjects = [["ours", ours] as const, ["yardstick", yardstick] as const]
  for (const [, subject] of subjects) await fill(subject)
  for (let round = 0; round < rounds; round++) {
    for (const [side, subject] of subjects) {
      puts[side] = Math.max(puts[side], await putRate(subject, round))
      sequential[side] = Math.min(sequential[side], await sequentialP50Ms(subject, round))
      range[side] = Math.min(range[side], await rangeMs(subject))
    }
  }
  const budget = budgets[name]
  return [
    row({ name: `store/${name} put ${clients} clients`, ...puts, unit: "put/s", budget: budget.puts }),
    row({ name: `store/${name} put p50 sequential`, ...sequential, unit: "ms", budget: budget.sequential }),
    row({ name: `store/${name} range 10k`, ...range, unit: "ms", budget: budget.range }),
  ]
}

const fill = async (subject: Subject): Promise<void> => {
  for (let at = 0; at < rangeKeys; at += 500)
    await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        subject.put(`/range/${String(at + index).padStart(6, "0")}`, randomBytes()),
      ),
    )
}

const putRate = async (subject: Subject, round: number): Promise<number> => {
  let next = 0
  const values = Array.from({ length: clients }, randomBytes)
  const began = performance.now()
  const client = async (_: unknown, number: number) => {
    while (next < putsConcurrent)
      await subject.put(`/put/${round}/${next++}`, values[number] ?? randomBytes())
  }
  await Promise.all(Array.from({ length: clients }, client))
  return (putsConcurrent * 1_000) / (performance.now() - began)
}

const sequentialP50Ms = async (subject: Subject, round: number): Promise<number> => {
  const value = randomBytes()
  const took: Array<number> = []
  for (let put = 0; put < putsSequential; put++) {
    const began = performance.now()
    await subject.put(`/sequential/${round}/${put}`, value)
    took.push(performance.now() - began)
  }
  return took.sort((a, b) => a - b)[took.length >> 1] ?? Number.NaN
}

const rangeMs = async (subject: Subject): Promise<number> => {
  const began = performance.now()
  const found = await subject.range("/range/")
  if (found !== rangeKeys) throw new Error(`a range of ${rangeKeys} keys found ${found}`)
  return performance.now() - began
}

const randomBytes = (): Uint8Array => crypto.getRandomValues(new Uint8Array(valueBytes))

if (import.meta.main) console.table(await run())
