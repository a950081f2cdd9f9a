import { describe, expect, it } from "vitest"
import { isStoreError } from "../store.ts"
import { create, rejection, replace, text, type World } from "./world.ts"

/** Ranges: order, pages, counts, and snapshots of the past. */
export const rangeConformance = (world: () => World): void => {
  describe("ranges", () => {
    it("holds exactly the keys under the prefix", async () => {
      const { store, prefix } = world()
      for (const key of ["pods/a", "pods/b", "podsx", "pod", "q"]) await create(store, prefix + key, key)
      const { items, count } = await store.range({ prefix: `${prefix}pods/` })
      expect(items.map((kv) => kv.key)).toEqual([`${prefix}pods/a`, `${prefix}pods/b`])
      expect(count).toBe(2)
    })

    it("is empty, with a revision, where nothing is", async () => {
      const { store, prefix } = world()
      const { items, count, revision } = await store.range({ prefix: `${prefix}none/` })
      expect(items).toEqual([])
      expect(count).toBe(0)
      expect(revision).toBeGreaterThanOrEqual(1n)
    })

    it("orders keys by their bytes, not by UTF-16", async () => {
      const { store, prefix } = world()
      const ordered = ["A", "Z", "a", "aa", "b", "z~", "\u00e9", "\uff5e", "\u{1f5dd}"]
      for (const key of [...ordered].reverse()) await create(store, prefix + key, "")
      const { items } = await store.range({ prefix })
      expect(items.map((kv) => kv.key.slice(prefix.length))).toEqual(ordered)
    })

    it("pages by `after` and `limit`, counting all that follow", async () => {
      const { store, prefix } = world()
      for (const key of ["a", "a0", "b", "c", "d"]) await create(store, prefix + key, "")
      const first = await store.range({ prefix, limit: 2 })
      expect(first.items.map((kv) => kv.key)).toEqual([`${prefix}a`, `${prefix}a0`])
      expect(first.count).toBe(5)
      const second = await store.range({ prefix, limit: 2, after: `${prefix}a0`, revision: first.revision })
      expect(second.items.map((kv) => kv.key)).toEqual([`${prefix}b`, `${prefix}c`])
      expect(second.count).toBe(3)
      const last = await store.range({ prefix, limit: 2, after: `${prefix}c`, revision: first.revision })
      expect(last.items.map((kv) => kv.key)).toEqual([`${prefix}d`])
      expect((await store.range({ prefix, after: `${prefix}d` })).count).toBe(0)
    })

    it("takes an `after` outside the prefix as before all or after all of it", async () => {
      const { store, prefix } = world()
      await create(store, `${prefix}m/1`, "")
      expect((await store.range({ prefix: `${prefix}m/`, after: `${prefix}a` })).items.length).toBe(1)
      expect((await store.range({ prefix: `${prefix}m/`, after: `${prefix}z` })).items.length).toBe(0)
    })

    it("counts without items at limit 0", async () => {
      const { store, prefix } = world()
      for (const key of ["a", "b"]) await create(store, prefix + key, "")
      const { items, count } = await store.range({ prefix, limit: 0 })
      expect([items.length, count]).toEqual([0, 2])
    })

    it("leaves values out when only keys are asked for", async () => {
      const { store, prefix } = world()
      const at = await create(store, `${prefix}a`, "value")
      const { items } = await store.range({ prefix, keysOnly: true })
      expect(items.map((kv) => [kv.key, kv.modRevision, kv.value.byteLength])).toEqual([
        [`${prefix}a`, at, 0],
      ])
    })

    it("reads the past as it was: values, deleted keys, and keys that were not yet", async () => {
      const { store, prefix } = world()
      const a1 = await create(store, `${prefix}a`, "a1")
      const b1 = await create(store, `${prefix}b`, "b1")
      const a2 = await replace(store, `${prefix}a`, { at: a1, value: "a2" })
      await store.delete(`${prefix}b`, { modRevision: b1 })
      await create(store, `${prefix}c`, "c1")
      const at = async (revision: bigint) => {
        const range = await store.range({ prefix, revision })
        expect(range.revision).toBe(revision)
        expect(range.count).toBe(range.items.length)
        return range.items.map((kv) => `${text(kv.value)}@${kv.modRevision}`)
      }
      expect(await at(a1)).toEqual([`a1@${a1}`])
      expect(await at(b1)).toEqual([`a1@${a1}`, `b1@${b1}`])
      expect(await at(a2)).toEqual([`a2@${a2}`, `b1@${b1}`])
      expect(await at(a2 + 1n)).toEqual([`a2@${a2}`])
      expect(await at(a2 + 2n)).toEqual([`a2@${a2}`, `c1@${a2 + 2n}`])
    })

    it("pages one snapshot while the keys under it change", async () => {
      const { store, prefix } = world()
      for (const key of ["a", "b", "c", "d"]) await create(store, prefix + key, "old")
      const first = await store.range({ prefix, limit: 2 })
      const c = (await store.get(`${prefix}c`)).kv
      if (c !== undefined) await store.delete(c.key, { modRevision: c.modRevision })
      await create(store, `${prefix}bb`, "new")
      const rest = await store.range({ prefix, after: `${prefix}b`, revision: first.revision })
      expect(rest.items.map((kv) => kv.key)).toEqual([`${prefix}c`, `${prefix}d`])
      expect((await store.range({ prefix })).items.map((kv) => kv.key.slice(prefix.length))).toEqual([
        "a",
        "b",
        "bb",
        "d",
      ])
    })

    it("refuses a revision that is yet to come", async () => {
      const { store, prefix } = world()
      const { revision } = await store.get(`${prefix}a`)
      const error = await rejection(store.range({ prefix, revision: revision + 1_000n }))
      expect(isStoreError(error, "FutureRevision")).toBe(true)
    })

    it("says when a page of many thousand keys ends", async () => {
      const { store, prefix } = world()
      const keys = Array.from({ length: 1_500 }, (_, index) => `${prefix}${String(index).padStart(5, "0")}`)
      for (let at = 0; at < keys.length; at += 100)
        await Promise.all(keys.slice(at, at + 100).map((key) => create(store, key, "x".repeat(100))))
      const { items, count } = await store.range({ prefix })
      expect(items.map((kv) => kv.key)).toEqual(keys)
      expect(count).toBe(keys.length)
    })
  })
}
