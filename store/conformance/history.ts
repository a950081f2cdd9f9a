import { describe, expect, it } from "vitest"
import { isStoreError, type Revision } from "../store.ts"
import { create, record, rejection, replace, text, type World } from "./world.ts"

/** Compaction: what is forgotten says so, and what is kept is whole. */
export const historyConformance = (world: () => World): void => {
  /** A key with ten versions; returns their revisions. */
  const tenVersions = async ({ store, prefix }: World): Promise<ReadonlyArray<Revision>> => {
    const revisions = [await create(store, `${prefix}k`, "0")]
    for (let value = 1; value < 10; value++)
      revisions.push(await replace(store, `${prefix}k`, { at: revisions.at(-1) ?? 0n, value: String(value) }))
    return revisions
  }

  describe("compaction", () => {
    it("refuses reads of what it forgot and keeps those from its revision on", async () => {
      const { store, prefix } = world()
      const revisions = await tenVersions(world())
      const [, , , forgotten, , kept] = revisions
      if (forgotten === undefined || kept === undefined) throw new Error("ten versions were written")
      await store.compact(kept)
      const error = await rejection(store.range({ prefix, revision: forgotten }))
      expect(isStoreError(error, "Compacted") && error.compactRevision).toBe(kept)
      for (const [index, revision] of revisions.entries()) {
        if (revision < kept) continue
        const { items } = await store.range({ prefix, revision })
        expect(items.map((kv) => text(kv.value))).toEqual([String(index)])
      }
    })

    it("ends a watch of what it forgot with Compacted and the oldest revision left", async () => {
      const { store, prefix } = world()
      const revisions = await tenVersions(world())
      const kept = revisions[5] ?? 0n
      await store.compact(kept)
      for (const from of [1n, kept - 1n]) {
        const { recorder } = record(store, { prefix, from })
        await recorder.until(({ end }) => end !== undefined)
        expect(recorder.end?.reason).toBe("Compacted")
        expect(recorder.end?.compactRevision).toBe(kept)
        expect(recorder.seen).toEqual([])
      }
    })

    it("keeps a watch from its own revision whole: events, what they replaced, and last bytes", async () => {
      const { store, prefix } = world()
      const revisions = await tenVersions(world())
      const at = await store.delete(`${prefix}k`, { modRevision: revisions.at(-1) ?? 0n })
      await create(store, `${prefix}after`, "x")
      await store.compact(at)
      const { recorder } = record(store, { prefix, from: at })
      await recorder.until(({ seen }) => seen.length >= 2)
      expect(recorder.lines).toEqual([`delete ${prefix}k@${at}=9`, `put ${prefix}after@${at + 1n}=x`])
    })

    it("does not disturb a watch that has seen what is forgotten", async () => {
      const { store, prefix } = world()
      const { recorder } = record(store, { prefix })
      const revisions = await tenVersions(world())
      await recorder.until(({ seen }) => seen.length >= 10)
      await store.compact(revisions.at(-1) ?? 0n)
      await create(store, `${prefix}after`, "")
      await recorder.until(({ seen }) => seen.length >= 11)
      expect(recorder.end).toBeUndefined()
    })

    it("keeps the newest version of every key, and no deleted one", async () => {
      const { store, prefix } = world()
      const a = await create(store, `${prefix}a`, "old but current")
      const b = await create(store, `${prefix}b`, "")
      await store.delete(`${prefix}b`, { modRevision: b })
      const newest = await create(store, `${prefix}c`, "")
      await store.compact(newest)
      expect((await store.range({ prefix })).items.map((kv) => kv.key)).toEqual([`${prefix}a`, `${prefix}c`])
      expect((await store.get(`${prefix}a`)).kv?.modRevision).toBe(a)
      expect(await create(store, `${prefix}b`, "again")).toBe(newest + 1n)
    })

    it("may be asked twice, and for less than before", async () => {
      const { store } = world()
      const revisions = await tenVersions(world())
      await store.compact(revisions[5] ?? 0n)
      await store.compact(revisions[5] ?? 0n)
      await store.compact(revisions[2] ?? 0n)
      await store.compact(1n)
    })

    it("cannot forget the future", async () => {
      const { store, prefix } = world()
      const { revision } = await store.get(`${prefix}a`)
      expect(isStoreError(await rejection(store.compact(revision + 100n)), "FutureRevision")).toBe(true)
    })
  })
}
