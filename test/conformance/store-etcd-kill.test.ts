import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { ClosableStore } from "../../store/closable.ts"
import { bytes, Recorder } from "../../store/conformance/world.ts"
import { makeEtcdStore } from "../../store/etcd.ts"
import { isStoreError, type Revision, type Store, type StoreEvent } from "../../store/index.ts"
import { startTestEtcd, type TestEtcd } from "../kit/etcd.ts"

const prefix = "/registry/kill/"
const writes = 20_000
const killAfter = 3_000
/** etcd replays the past at about 9,000 events a second, and the machine may be busy. */
const patienceMs = 120_000

describe("a watch of etcd through a SIGKILL of etcd in the middle of its replay", () => {
  let etcd: TestEtcd
  let store: ClosableStore
  beforeEach(async () => {
    etcd = await startTestEtcd()
    store = await makeEtcdStore({ endpoints: etcd.endpoints })
  })
  afterEach(async () => {
    await store.close()
    await etcd.remove()
  })

  it(
    `delivers each of ${writes} events exactly once and in order`,
    async () => {
      const first = await writeMany(store, { count: writes, from: 0 })
      const recorder = new Recorder()
      const killed = killWhen(etcd, recorder)
      store.watch({ prefix, from: first }, recorder)
      await killed
      const seenAtKill = recorder.seen.length
      expect(seenAtKill).toBeGreaterThanOrEqual(killAfter)
      expect(seenAtKill).toBeLessThan(writes)
      await etcd.restart()
      await writeMany(store, { count: 10, from: writes })
      const last = first + BigInt(writes + 10 - 1)
      await recorder.until(({ seen }) => seen.at(-1)?.kv.modRevision === last)
      expectEachOnce(recorder.seen, { first, count: writes + 10 })
    },
    patienceMs,
  )

  it(
    "ends with Compacted, and loses nothing before that, when its history is compacted during the outage",
    async () => {
      const first = await writeMany(store, { count: writes, from: 0 })
      const recorder = new Recorder()
      const killed = killWhen(etcd, recorder)
      store.watch({ prefix, from: first }, recorder)
      await killed
      const seenAtKill = recorder.seen.length
      expect(seenAtKill).toBeLessThan(writes)
      const newest = first + BigInt(writes - 1)
      await etcd.restartElsewhere((elsewhere) => compactAt(elsewhere, newest))
      await etcd.restart()
      await recorder.until(({ end }) => end !== undefined)
      expect(recorder.end?.reason).toBe("Compacted")
      expect(recorder.end?.compactRevision).toBe(newest)
      expectEachOnce(recorder.seen, { first, count: recorder.seen.length })
      expect(recorder.seen.length).toBe(seenAtKill)
    },
    patienceMs,
  )

  it(
    "loses nothing live while etcd is killed five times under a writer, and no acknowledged write",
    async () => {
      const recorder = new Recorder()
      store.watch({ prefix }, recorder)
      const acknowledged = new Map<string, Revision>()
      let writing = true
      const writer = (async () => {
        for (let number = 0; writing; number++) {
          const key = `${prefix}live/${number}`
          try {
            acknowledged.set(key, await store.put({ key, value: bytes(key), expect: { absent: true } }))
          } catch (error) {
            if (!isStoreError(error, "Unavailable")) throw error
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
        }
      })()
      for (let kill = 1; kill <= 5; kill++) {
        const enough = acknowledged.size + 200
        await recorder.until(() => acknowledged.size >= enough)
        await etcd.kill()
        await etcd.restart()
      }
      const enough = acknowledged.size + 200
      await recorder.until(() => acknowledged.size >= enough)
      writing = false
      await writer
      const { items, revision } = await store.range({ prefix })
      await recorder.until(({ seen }) => (seen.at(-1)?.kv.modRevision ?? 0n) >= revision)
      // A write of unknown fate may be there, unacknowledged: the watch tells exactly what the store holds.
      expect(recorder.seen.map(({ kv }) => kv.modRevision)).toEqual(
        items.map((kv) => kv.modRevision).sort((a, b) => (a < b ? -1 : 1)),
      )
      const stored = new Map(items.map((kv) => [kv.key, kv.modRevision]))
      for (const [key, at] of acknowledged) expect(stored.get(key)).toBe(at)
    },
    patienceMs,
  )
})

/** Creates keys numbered from `from` on, 64 at a time, and returns the first revision. */
const writeMany = async (
  store: Store,
  { count, from }: { count: number; from: number },
): Promise<Revision> => {
  const { revision } = await store.get(prefix)
  let next = from
  const writer = async () => {
    while (next < from + count) {
      const key = `${prefix}${String(next++).padStart(6, "0")}`
      await store.put({ key, value: bytes(key), expect: { absent: true } })
    }
  }
  await Promise.all(Array.from({ length: 64 }, writer))
  return revision + 1n
}

const killWhen = async (etcd: TestEtcd, recorder: Recorder): Promise<void> => {
  await recorder.until(({ seen }) => seen.length >= killAfter)
  await etcd.kill()
}

const compactAt = async (endpoints: ReadonlyArray<string>, revision: Revision): Promise<void> => {
  const store = await makeEtcdStore({ endpoints })
  await store.compact(revision)
  await store.close()
}

const expectEachOnce = (
  events: ReadonlyArray<StoreEvent>,
  { first, count }: { first: Revision; count: number },
): void => {
  const revisions = events.map(({ kv }) => Number(kv.modRevision - first))
  expect(revisions).toEqual(Array.from({ length: count }, (_, index) => index))
  expect(new Set(events.map(({ kv }) => kv.key)).size).toBe(count)
}
