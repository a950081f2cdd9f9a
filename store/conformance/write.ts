import { describe, expect, it } from "vitest"
import { isStoreError, limits, type StoreErrorReason } from "../store.ts"
import { bytes, create, rejection, replace, text, type World } from "./world.ts"

/** Conditional writes: when they happen, what they return, and what they say when they do not. */
export const writeConformance = (world: () => World): void => {
  describe("writes", () => {
    it("creates a key that is absent and reads back its bytes and both revisions", async () => {
      const { store, prefix } = world()
      const created = await create(store, `${prefix}a`, "one")
      const updated = await replace(store, `${prefix}a`, { at: created, value: "two" })
      const { kv, revision } = await store.get(`${prefix}a`)
      expect(kv).toEqual({
        key: `${prefix}a`,
        value: kv?.value,
        createRevision: created,
        modRevision: updated,
      })
      expect(kv && text(kv.value)).toBe("two")
      expect(revision).toBeGreaterThanOrEqual(updated)
    })

    it("gives each write the next of one global order of revisions, whatever its key", async () => {
      const { store, prefix } = world()
      const a = await create(store, `${prefix}a`, "")
      const b = await create(store, `${prefix}b`, "")
      const deleted = await store.delete(`${prefix}a`, { modRevision: a })
      expect([b, deleted]).toEqual([a + 1n, a + 2n])
    })

    it("says that an absent key is absent, and at which revision", async () => {
      const { store, prefix } = world()
      const written = await create(store, `${prefix}other`, "")
      const { kv, revision } = await store.get(`${prefix}none`)
      expect(kv).toBeUndefined()
      expect(revision).toBeGreaterThanOrEqual(written)
    })

    it("keeps every byte of a value, the empty one included", async () => {
      const { store, prefix } = world()
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      await store.put({ key: `${prefix}all`, value: all, expect: { absent: true } })
      await store.put({ key: `${prefix}empty`, value: new Uint8Array(0), expect: { absent: true } })
      expect(Uint8Array.from((await store.get(`${prefix}all`)).kv?.value ?? [])).toEqual(all)
      expect((await store.get(`${prefix}empty`)).kv?.value.byteLength).toBe(0)
    })

    it("takes keys of any language as they are", async () => {
      const { store, prefix } = world()
      const key = `${prefix}ключ-鍵-🗝`
      await create(store, key, "x")
      expect((await store.get(key)).kv?.key).toBe(key)
    })

    it("refuses to create what exists, with the document that stands there", async () => {
      const { store, prefix } = world()
      await create(store, `${prefix}a`, "first")
      await expectRefusal(create(store, `${prefix}a`, "second"), "KeyExists", "first")
    })

    it("refuses to replace at another revision, with the document that stands there", async () => {
      const { store, prefix } = world()
      const at = await create(store, `${prefix}a`, "first")
      await replace(store, `${prefix}a`, { at, value: "second" })
      await expectRefusal(replace(store, `${prefix}a`, { at, value: "third" }), "RevisionMismatch", "second")
      await expectRefusal(store.delete(`${prefix}a`, { modRevision: at }), "RevisionMismatch", "second")
    })

    it("refuses to replace or delete what does not exist", async () => {
      const { store, prefix } = world()
      const at = await create(store, `${prefix}a`, "")
      await store.delete(`${prefix}a`, { modRevision: at })
      await expectRefusal(replace(store, `${prefix}a`, { at, value: "" }), "KeyMissing")
      await expectRefusal(store.delete(`${prefix}a`, { modRevision: at }), "KeyMissing")
      await expectRefusal(store.delete(`${prefix}never`, { modRevision: at }), "KeyMissing")
    })

    it("never takes revision 0 to mean absent", async () => {
      const { store, prefix } = world()
      await expectRefusal(replace(store, `${prefix}a`, { at: 0n, value: "" }), "KeyMissing")
      await create(store, `${prefix}a`, "here")
      await expectRefusal(replace(store, `${prefix}a`, { at: 0n, value: "" }), "RevisionMismatch", "here")
    })

    it("starts a new life with a new createRevision when a deleted key is created again", async () => {
      const { store, prefix } = world()
      const first = await create(store, `${prefix}a`, "1")
      await store.delete(`${prefix}a`, { modRevision: first })
      const second = await create(store, `${prefix}a`, "2")
      expect((await store.get(`${prefix}a`)).kv?.createRevision).toBe(second)
    })

    it("changes nothing and takes no revision when it refuses", async () => {
      const { store, prefix } = world()
      const at = await create(store, `${prefix}a`, "first")
      await rejection(create(store, `${prefix}a`, "second"))
      await rejection(store.delete(`${prefix}a`, { modRevision: at + 1n }))
      expect(await create(store, `${prefix}b`, "")).toBe(at + 1n)
    })

    it("takes a value of the greatest size and refuses one byte more", async () => {
      const { store, prefix } = world()
      const value = new Uint8Array(limits.valueBytesMax).fill(7)
      await store.put({ key: `${prefix}big`, value, expect: { absent: true } })
      expect((await store.get(`${prefix}big`)).kv?.value.byteLength).toBe(limits.valueBytesMax)
      const over = {
        key: `${prefix}over`,
        value: new Uint8Array(limits.valueBytesMax + 1),
        expect: { absent: true },
      }
      await expectRefusal(store.put({ ...over, expect: { absent: true } }), "TooLarge")
      const longKey = `${prefix}${"k".repeat(limits.keyBytesMax)}`
      await expectRefusal(create(store, longKey, ""), "TooLarge")
    })

    it("lets exactly one of 64 writers win each revision of one key", async () => {
      const { store, prefix } = world()
      const key = `${prefix}counter`
      let last = await create(store, key, "0")
      let wins = 0
      for (let round = 0; round < 4; round++) {
        const at = last
        const tries = await Promise.allSettled(
          Array.from({ length: 64 }, (_, writer) => replace(store, key, { at, value: String(writer) })),
        )
        const won = tries.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []))
        const lost = tries.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []))
        expect(won.length).toBe(1)
        expect(lost.every((error) => isStoreError(error, "RevisionMismatch"))).toBe(true)
        wins += won.length
        last = won[0] ?? last
      }
      expect((await store.get(key)).kv?.modRevision).toBe(last)
      expect(wins).toBe(4)
    })

    it("gives 64 writers that read, retry and write as many successes as the key has revisions", async () => {
      const { store, prefix } = world()
      const key = `${prefix}sum`
      await create(store, key, "0")
      const increment = async (): Promise<void> => {
        for (;;) {
          const { kv } = await store.get(key)
          if (kv === undefined) throw new Error("the counter is gone")
          const value = String(Number(text(kv.value)) + 1)
          try {
            await store.put({ key, value: bytes(value), expect: { modRevision: kv.modRevision } })
            return
          } catch (error) {
            if (!isStoreError(error, "RevisionMismatch")) throw error
          }
        }
      }
      await Promise.all(Array.from({ length: 64 }, increment))
      const { kv } = await store.get(key)
      expect(kv && text(kv.value)).toBe("64")
    })
  })
}

const expectRefusal = async (
  promise: Promise<unknown>,
  reason: StoreErrorReason,
  current?: string,
): Promise<void> => {
  const error = await rejection(promise)
  if (!isStoreError(error)) throw error
  expect(error.reason).toBe(reason)
  expect(error.current && text(error.current.value)).toBe(current)
}
