/** Writes, a GET and a LIST through HTTPS, against the same writes straight to etcd and the same bytes from a bare server. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { managedEtcd, openEtcdStore, type Store } from "../store/index.ts"
import { inTurn, p50, rate } from "./measure.ts"
import type { Row } from "./row.ts"
import { type HttpsClient, startSubject } from "./subject.ts"
import { startYardstick } from "./yardstick.ts"

const path = "/api/v1/namespaces/default/configmaps"
const filler = "x".repeat(800)

const document = (name: string, value: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { filler, value: `${value}` },
    }),
  )

/** Runs against an etcd of its own, so that the yardstick does not share the subject's. */
const withEtcd = <A>(body: (store: Store) => Promise<A>): Promise<A> => {
  const dataDir = mkdtempSync(join(tmpdir(), "miren-bench-etcd-"))
  return Effect.gen(function* () {
    const etcd = yield* managedEtcd({ dataDir })
    const store = yield* openEtcdStore({ endpoints: etcd.endpoints })
    return yield* Effect.promise(() => body(store))
  }).pipe(
    Effect.scoped,
    Effect.ensuring(Effect.sync(() => rmSync(dataDir, { recursive: true, force: true }))),
    Effect.runPromise,
  )
}

const width = 64
const count = 2_000
let serial = 0

const writes = async (client: HttpsClient, store: Store): Promise<ReadonlyArray<Row>> => {
  const create = async (): Promise<number> => {
    const run = serial++
    return rate({ count, width }, (index) =>
      client.call({ method: "POST", path, body: document(`c${run}-${index}`, 0) }),
    )
  }
  const put = async (): Promise<number> => {
    const run = serial++
    return rate({ count, width }, (index) =>
      store.put({
        key: `/registry/core/configmaps/default/c${run}-${index}`,
        value: document("x", 0),
        expect: { absent: true },
      }),
    )
  }
  const created = await inTurn(3, create, put)

  const names = Array.from({ length: width }, (_, index) => `u${index}`)
  for (const name of names) await client.call({ method: "POST", path, body: document(name, 0) })
  // Each client has an object of its own, and its writes come one after another.
  const inLanes = (write: (lane: number) => Promise<unknown>): Promise<number> => {
    const busy = new Map<number, Promise<unknown>>()
    return rate({ count, width }, (index) => {
      const lane = index % width
      const turn = (busy.get(lane) ?? Promise.resolve()).then(() => write(lane))
      busy.set(lane, turn)
      return turn
    })
  }
  const update = (lane: number): Promise<unknown> =>
    client.call({ method: "PUT", path: `${path}/u${lane}`, body: document(`u${lane}`, serial++) })
  const revisions = new Map<string, bigint>()
  const putAgain = async (name: string): Promise<void> => {
    const key = `/bench/${name}`
    const before = revisions.get(name)
    const expect = before === undefined ? ({ absent: true } as const) : { modRevision: before }
    revisions.set(name, await store.put({ key, value: document(name, serial++), expect }))
  }
  const updated = await inTurn(
    3,
    () => inLanes(update),
    () => inLanes((lane) => putAgain(`u${lane}`)),
  )
  const one = await inTurn(
    3,
    () => p50(300, () => client.call({ method: "PUT", path: `${path}/u0`, body: document("u0", serial++) })),
    () => p50(300, () => putAgain("one")),
  )
  return [
    {
      name: "api: create, 64 clients",
      unit: "/s",
      budget: ">= 0.7",
      ...created,
      ratio: created.ours / created.yardstick,
    },
    {
      name: "api: update, 64 clients",
      unit: "/s",
      budget: ">= 0.7",
      ...updated,
      ratio: updated.ours / updated.yardstick,
    },
    {
      name: "api: update, one client, p50",
      unit: "ms",
      budget: "<= +0.6 ms",
      ...one,
      ratio: one.ours / one.yardstick,
    },
  ]
}

const reads = async (client: HttpsClient): Promise<ReadonlyArray<Row>> => {
  const bare = await startYardstick()
  try {
    const one = await client.call({ method: "GET", path: `${path}/u0` })
    await bare.client.call({ method: "POST", path: "/fixed", body: one })
    const get = await inTurn(
      3,
      () => rate({ count: 6_000, width }, () => client.call({ method: "GET", path: `${path}/u0` })),
      () => rate({ count: 6_000, width }, () => bare.client.call({ method: "GET", path: "/fixed" })),
    )
    const namespaced = "/api/v1/namespaces/many/configmaps"
    const namespace = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "many" } })
    await client.call({ method: "POST", path: "/api/v1/namespaces", body: Buffer.from(namespace) })
    await rate({ count: 10_000, width }, (index) =>
      client.call({ method: "POST", path: namespaced, body: document(`m${index}`, 0) }),
    )
    const all = await client.call({ method: "GET", path: namespaced })
    await bare.client.call({ method: "POST", path: "/fixed", body: all })
    const list = await inTurn(
      3,
      () => p50(5, () => client.call({ method: "GET", path: namespaced })),
      () => p50(5, () => bare.client.call({ method: "GET", path: "/fixed" })),
    )
    return [
      {
        name: "api: GET of one object, 64 clients",
        unit: "/s",
        budget: ">= 0.6",
        ...get,
        ratio: get.ours / get.yardstick,
      },
      {
        name: `api: LIST of 10,000 x ${Math.round(all.length / 10_000)} bytes`,
        unit: "ms",
        budget: "<= 1.5",
        ...list,
        ratio: list.ours / list.yardstick,
      },
    ]
  } finally {
    bare.stop()
  }
}

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const subject = await startSubject("etcd")
  try {
    const written = await withEtcd((store) => writes(subject.client, store))
    return [...written, ...(await reads(subject.client))]
  } finally {
    await subject.stop()
  }
}
