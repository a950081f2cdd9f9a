import { describe, expect, it } from "vitest"
import {
  type ConditionalWrite,
  isStoreError,
  limits,
  type Revision,
  type Store,
  type StoreErrorReason,
  type UnmetCondition,
} from "../store.ts"
import { bytes, create, record, rejection, replace, text, type World } from "./world.ts"

/** Transactions: all of the writes in one revision, or none of them. */
export const transactionConformance = (world: () => World): void => {
  describe("transactions", () => {
    it("makes every write in one revision, the next one", async () => {
      const { store, prefix } = world()
      const old = await create(store, `${prefix}old`, "1")
      const gone = await create(store, `${prefix}gone`, "2")
      const revision = await store.transact([
        put(`${prefix}new`, "3"),
        put(`${prefix}old`, "4", old),
        remove(`${prefix}gone`, gone),
      ])
      expect(revision).toBe(gone + 1n)
      const { items } = await store.range({ prefix })
      expect(items.map((kv) => [kv.key, text(kv.value), kv.createRevision, kv.modRevision])).toEqual([
        [`${prefix}new`, "3", revision, revision],
        [`${prefix}old`, "4", old, revision],
      ])
      expect(await create(store, `${prefix}after`, "")).toBe(revision + 1n)
    })

    it("makes none when one condition does not hold, and names each that does not", async () => {
      const { store, prefix } = world()
      const here = await create(store, `${prefix}here`, "1")
      const moved = await create(store, `${prefix}moved`, "1")
      const now = await replace(store, `${prefix}moved`, { at: moved, value: "2" })
      const { recorder } = record(store, { prefix })
      const unmet = await unmetBy(
        store.transact([
          put(`${prefix}fine`, "x"),
          put(`${prefix}here`, "x"),
          put(`${prefix}moved`, "x", moved),
          remove(`${prefix}missing`, here),
        ]),
      )
      expect(unmet).toEqual([
        { key: `${prefix}here`, reason: "KeyExists", modRevision: here },
        { key: `${prefix}moved`, reason: "RevisionMismatch", modRevision: now },
        { key: `${prefix}missing`, reason: "KeyMissing", modRevision: undefined },
      ])
      expect((await store.get(`${prefix}fine`)).kv).toBeUndefined()
      const next = await create(store, `${prefix}next`, "")
      expect(next).toBe(now + 1n)
      await recorder.until(({ seen }) => seen.length > 0)
      expect(recorder.lines).toEqual([`put ${prefix}next@${next}=`])
    })

    it("holds its writes to what it only checks", async () => {
      const { store, prefix } = world()
      const at = await create(store, `${prefix}checked`, "1")
      const checks: ReadonlyArray<ConditionalWrite> = [
        { type: "check", key: `${prefix}checked`, expect: { modRevision: at } },
        { type: "check", key: `${prefix}absent`, expect: { absent: true } },
      ]
      expect(await store.transact([...checks, put(`${prefix}a`, "1")])).toBe(at + 1n)
      expect((await store.get(`${prefix}checked`)).kv?.modRevision).toBe(at)
      const later = await replace(store, `${prefix}checked`, { at, value: "2" })
      expect(await unmetBy(store.transact([put(`${prefix}b`, "1"), ...checks]))).toEqual([
        { key: `${prefix}checked`, reason: "RevisionMismatch", modRevision: later },
      ])
      expect((await store.get(`${prefix}b`)).kv).toBeUndefined()
    })

    it("takes no revision when it only checks, and answers with one at which the checks held", async () => {
      const { store, prefix } = world()
      const at = await create(store, `${prefix}a`, "1")
      const newest = await create(store, `${prefix}b`, "1")
      const check = { type: "check", key: `${prefix}a`, expect: { modRevision: at } } as const
      expect(await store.transact([check])).toBe(newest)
      expect(await create(store, `${prefix}c`, "")).toBe(newest + 1n)
    })

    it("gives a key deleted before a new life, and takes an empty value for a value", async () => {
      const { store, prefix } = world()
      const first = await create(store, `${prefix}a`, "1")
      await store.delete(`${prefix}a`, { modRevision: first })
      const revision = await store.transact([put(`${prefix}a`, ""), put(`${prefix}b`, "")])
      for (const key of ["a", "b"]) {
        const { kv } = await store.get(`${prefix}${key}`)
        expect([kv?.createRevision, kv?.value.byteLength]).toEqual([revision, 0])
      }
    })

    it("refuses a key twice, no write at all, and a key that is none", async () => {
      const { store, prefix } = world()
      const twice = [put(`${prefix}a`, "1"), put(`${prefix}b`, "1"), put(`${prefix}a`, "2")]
      expect(await rejection(store.transact(twice))).toBeInstanceOf(TypeError)
      expect(await rejection(store.transact([]))).toBeInstanceOf(TypeError)
      expect(await rejection(store.transact([put("", "1")]))).toBeInstanceOf(TypeError)
      expect((await store.range({ prefix })).count).toBe(0)
    })

    it("takes as many writes as the limit says, and refuses one more", async () => {
      const { store, prefix } = world()
      const writes = Array.from({ length: limits.transactionWritesMax + 1 }, (_, n) =>
        put(`${prefix}${n}`, "x"),
      )
      await expectReason(store.transact(writes), "TooLarge")
      expect((await store.range({ prefix })).count).toBe(0)
      const revision = await store.transact(writes.slice(1))
      const { items } = await store.range({ prefix })
      expect(items.length).toBe(limits.transactionWritesMax)
      expect(items.every((kv) => kv.modRevision === revision)).toBe(true)
    })

    it("takes as many bytes as the limit says, and refuses more", async () => {
      const { store, prefix } = world()
      const half = limits.transactionBytesMax / 2
      const big = (key: string, size: number): ConditionalWrite => ({
        type: "put",
        key: `${prefix}${key}`,
        value: new Uint8Array(size).fill(7),
        expect: { absent: true },
      })
      await expectReason(store.transact([big("a", half), big("b", half)]), "TooLarge")
      await expectReason(store.transact([big("a", limits.valueBytesMax + 1)]), "TooLarge")
      expect((await store.range({ prefix })).count).toBe(0)
      const revision = await store.transact([big("a", half - 1_000), big("b", half - 1_000)])
      expect((await store.get(`${prefix}b`)).kv?.modRevision).toBe(revision)
      await store.transact([big("whole", limits.valueBytesMax)])
    })

    it("tells a watch its events in one call, in the order of its writes, before any later one", async () => {
      const { store, prefix } = world()
      const gone = await create(store, `${prefix}m`, "old")
      const { recorder } = record(store, { prefix })
      const revision = await store.transact([
        put(`${prefix}z`, "1"),
        remove(`${prefix}m`, gone),
        { type: "check", key: `${prefix}c`, expect: { absent: true } },
        put(`${prefix}a`, "2"),
      ])
      const later = await create(store, `${prefix}b`, "3")
      await recorder.until(({ seen }) => seen.length >= 4)
      const lines = [
        `put ${prefix}z@${revision}=1`,
        `delete ${prefix}m@${revision}=old`,
        `put ${prefix}a@${revision}=2`,
        `put ${prefix}b@${later}=3`,
      ]
      expect(recorder.lines).toEqual(lines)
      const calls = recorder.calls.filter(
        (call) => "events" in call && call.events.some(({ kv }) => kv.modRevision === revision),
      )
      expect(calls.length).toBe(1)
      const { recorder: replayed } = record(store, { prefix, from: revision })
      await replayed.until(({ seen }) => seen.length >= 4)
      expect(replayed.lines).toEqual(lines)
      const { recorder: after } = record(store, { prefix, from: revision + 1n })
      await after.until(({ seen }) => seen.length >= 1)
      expect(after.lines).toEqual(lines.slice(3))
    })

    it("tells each watch the part that is under its prefix, at the same revision", async () => {
      const { store, prefix } = world()
      const { recorder: ones } = record(store, { prefix: `${prefix}one/` })
      const { recorder: twos } = record(store, { prefix: `${prefix}two/` })
      const revision = await store.transact([
        put(`${prefix}one/a`, ""),
        put(`${prefix}two/a`, ""),
        put(`${prefix}one/b`, ""),
      ])
      await ones.until(({ seen }) => seen.length >= 2)
      await twos.until(({ seen }) => seen.length >= 1)
      expect(ones.lines).toEqual([`put ${prefix}one/a@${revision}=`, `put ${prefix}one/b@${revision}=`])
      expect(twos.lines).toEqual([`put ${prefix}two/a@${revision}=`])
    })

    it("is seen whole or not at all by reads of the past, and kept whole by a compaction at it", async () => {
      const { store, prefix } = world()
      const before = await create(store, `${prefix}a`, "1")
      const revision = await store.transact([put(`${prefix}a`, "2", before), put(`${prefix}b`, "2")])
      await replace(store, `${prefix}a`, { at: revision, value: "3" })
      const valuesAt = async (at: Revision) =>
        (await store.range({ prefix, revision: at })).items.map((kv) => text(kv.value))
      expect([await valuesAt(before), await valuesAt(revision)]).toEqual([["1"], ["2", "2"]])
      await store.compact(revision)
      const { recorder } = record(store, { prefix, from: revision })
      await recorder.until(({ seen }) => seen.length >= 3)
      expect(recorder.seen.map(({ kv }) => kv.key)).toEqual([`${prefix}a`, `${prefix}b`, `${prefix}a`])
    })

    it("binds what it puts to a session, and is not made under one that is over", async () => {
      const { store, prefix } = world()
      const session = await store.session(60)
      const bound = (key: string): ConditionalWrite => ({
        ...put(`${prefix}${key}`, ""),
        session: session.id,
      })
      await store.transact([bound("bound"), put(`${prefix}free`, "")])
      await session.revoke()
      expect((await store.range({ prefix })).items.map((kv) => kv.key)).toEqual([`${prefix}free`])
      await expectReason(store.transact([put(`${prefix}a`, ""), bound("b")]), "SessionGone")
      expect((await store.range({ prefix })).count).toBe(1)
    })

    it("moves what 32 writers move between two keys without making or losing any", async () => {
      const { store, prefix } = world()
      const keys = [`${prefix}left`, `${prefix}right`] as const
      await store.transact([put(keys[0], "100"), put(keys[1], "100")])
      const { recorder } = record(store, { prefix })
      const moves = await Promise.all(Array.from({ length: 32 }, (_, n) => move(store, keys, (n % 7) - 3)))
      const sums = await Promise.all(keys.map((key) => store.get(key)))
      expect(sums.reduce((sum, { kv }) => sum + Number(text(kv?.value ?? bytes("0"))), 0)).toBe(200)
      await recorder.until(({ seen }) => seen.length >= 64)
      for (const revision of moves) {
        const told = recorder.seen.filter(({ kv }) => kv.modRevision === revision)
        expect(told.map(({ kv }) => kv.key)).toEqual([...keys])
      }
      expect(new Set(moves).size).toBe(32)
    })
  })
}

const put = (key: string, value: string, at?: Revision): ConditionalWrite & { readonly type: "put" } => ({
  type: "put",
  key,
  value: bytes(value),
  expect: at === undefined ? { absent: true } : { modRevision: at },
})

const remove = (key: string, at: Revision): ConditionalWrite => ({
  type: "delete",
  key,
  expect: { modRevision: at },
})

const unmetBy = async (promise: Promise<unknown>): Promise<ReadonlyArray<UnmetCondition>> => {
  const error = await rejection(promise)
  if (!isStoreError(error, "ConditionsUnmet")) throw error
  return error.unmet
}

const expectReason = async (promise: Promise<unknown>, reason: StoreErrorReason): Promise<void> => {
  const error = await rejection(promise)
  if (!isStoreError(error)) throw error
  expect(error.reason).toBe(reason)
}

/** Reads both, writes both, and again when another was faster; the revision at which it was done. */
const move = async (store: Store, keys: readonly [string, string], amount: number): Promise<Revision> => {
  for (;;) {
    const [from, to] = await Promise.all(keys.map((key) => store.get(key)))
    if (from?.kv === undefined || to?.kv === undefined) throw new Error("a key is gone")
    const write = (kv: NonNullable<typeof from.kv>, change: number) =>
      put(kv.key, String(Number(text(kv.value)) + change), kv.modRevision)
    try {
      return await store.transact([write(from.kv, -amount), write(to.kv, amount)])
    } catch (error) {
      if (!isStoreError(error, "ConditionsUnmet")) throw error
    }
  }
}
