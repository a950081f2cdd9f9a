import { describe, expect, it } from "vitest"
import { isStoreError, type Store } from "../store.ts"
import { bytes, create, record, rejection, type World } from "./world.ts"

/** Sessions: keys that go away with their holder. */
export const sessionConformance = (world: () => World): void => {
  const bind = (store: Store, key: string, session: string) =>
    store.put({ key, value: bytes(key), expect: { absent: true }, session })

  describe("sessions", () => {
    it("deletes its keys when it is revoked, and watchers see each go with its last bytes", async () => {
      const { store, prefix } = world()
      const { recorder } = record(store, { prefix })
      const session = await store.session(60)
      await bind(store, `${prefix}a`, session.id)
      await bind(store, `${prefix}b`, session.id)
      await create(store, `${prefix}free`, "stays")
      await session.revoke()
      await recorder.until(({ seen }) => seen.length >= 5)
      const gone = recorder.seen.slice(3)
      expect(gone.map(({ type, kv }) => [type, kv.key])).toEqual([
        ["delete", `${prefix}a`],
        ["delete", `${prefix}b`],
      ])
      expect(gone[1]?.kv.modRevision).toBe(gone[0]?.kv.modRevision)
      const told = recorder.calls.filter(
        (call) => "events" in call && gone.some((one) => call.events.includes(one)),
      )
      expect(told.length).toBe(1)
      expect((await store.range({ prefix })).items.map((kv) => kv.key)).toEqual([`${prefix}free`])
    })

    it("tells of its end in one call, however much it held", async () => {
      const { store, prefix } = world()
      const session = await store.session(60)
      const value = new Uint8Array(100_000).fill(7)
      const keys = Array.from({ length: 40 }, (_, n) => `${prefix}${String(n).padStart(2, "0")}`)
      for (const key of keys) await store.put({ key, value, expect: { absent: true }, session: session.id })
      const { recorder } = record(store, { prefix })
      await session.revoke()
      await recorder.until(({ seen }) => seen.length > 0)
      expect(recorder.seen.map(({ kv }) => kv.key)).toEqual(keys)
      expect(recorder.seen.every(({ kv }) => kv.value.byteLength === value.byteLength)).toBe(true)
      expect(new Set(recorder.seen.map(({ kv }) => kv.modRevision)).size).toBe(1)
    })

    it("deletes its keys when nobody renews it", async () => {
      const { store, prefix, elapse } = world()
      const { recorder } = record(store, { prefix })
      const session = await store.session(1)
      await bind(store, `${prefix}a`, session.id)
      await elapse(session.ttlSeconds * 1000 + 1)
      await recorder.until(({ seen }) => seen.length >= 2)
      expect(recorder.seen[1]?.type).toBe("delete")
      expect(isStoreError(await rejection(session.renew()), "SessionGone")).toBe(true)
    })

    it("lives as long as it is renewed", async () => {
      const { store, prefix, elapse } = world()
      const session = await store.session(3)
      await bind(store, `${prefix}a`, session.id)
      for (let renewal = 0; renewal < 6; renewal++) {
        await elapse(1_000)
        await session.renew()
      }
      expect((await store.get(`${prefix}a`)).kv).toBeDefined()
      await session.revoke()
    })

    it("holds a key only until it is written without it", async () => {
      const { store, prefix } = world()
      const session = await store.session(60)
      const at = await bind(store, `${prefix}a`, session.id)
      await store.put({ key: `${prefix}a`, value: bytes("free"), expect: { modRevision: at } })
      await session.revoke()
      expect((await store.get(`${prefix}a`)).kv).toBeDefined()
    })

    it("refuses writes and renewals once it is over, and may be revoked again", async () => {
      const { store, prefix } = world()
      const session = await store.session(60)
      await session.revoke()
      await session.revoke()
      expect(isStoreError(await rejection(bind(store, `${prefix}a`, session.id)), "SessionGone")).toBe(true)
      expect(isStoreError(await rejection(session.renew()), "SessionGone")).toBe(true)
      expect((await store.get(`${prefix}a`)).kv).toBeUndefined()
    })

    it("grants at least the time asked for, in whole seconds", async () => {
      const { store } = world()
      const session = await store.session(4.2)
      expect(session.ttlSeconds).toBeGreaterThanOrEqual(5)
      await session.revoke()
    })
  })
}
