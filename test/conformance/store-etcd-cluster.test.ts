import { afterEach, beforeEach, expect, it } from "vitest"
import type { ClosableStore } from "../../store/closable.ts"
import { bytes, record } from "../../store/conformance/world.ts"
import { isStoreError, makeEtcdStore, type Revision } from "../../store/index.ts"
import { type EtcdCluster, startEtcdCluster } from "../kit/etcd-cluster.ts"

let cluster: EtcdCluster
let store: ClosableStore
beforeEach(async () => {
  cluster = startEtcdCluster()
  store = await makeEtcdStore({ endpoints: cluster.endpoints, openTimeoutMs: 30_000 })
})
afterEach(async () => {
  await store.close()
  await cluster.remove()
})

it("acknowledged writes and a watch survive the loss of each member of three in turn", async () => {
  const { recorder } = record(store, { prefix: "/registry/" })
  const acknowledged = new Map<string, Revision>()
  let writing = true
  const writer = async (name: string) => {
    for (let number = 0; writing; number++) {
      const key = `/registry/${name}/${number}`
      try {
        acknowledged.set(key, await store.put({ key, value: bytes(key), expect: { absent: true } }))
      } catch (error) {
        if (!isStoreError(error, "Unavailable")) throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
  const writers = Promise.all(["a", "b", "c", "d"].map(writer))
  const more = async () => {
    const enough = acknowledged.size + 100
    await recorder.until(() => acknowledged.size >= enough)
  }
  for (const member of [0, 1, 2]) {
    await more()
    await cluster.kill(member)
    await more()
    cluster.restart(member)
  }
  await more()
  writing = false
  await writers
  const { items, revision } = await store.range({ prefix: "/registry/" })
  await recorder.until(({ seen }) => (seen.at(-1)?.kv.modRevision ?? 0n) >= revision)
  const stored = items.map((kv) => kv.modRevision).sort((a, b) => (a < b ? -1 : 1))
  expect(recorder.seen.map(({ kv }) => kv.modRevision)).toEqual(stored)
  const at = new Map(items.map((kv) => [kv.key, kv.modRevision]))
  expect([...acknowledged].filter(([key, written]) => at.get(key) !== written)).toEqual([])
})
