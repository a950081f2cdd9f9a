import { describe, expect, it } from "vitest"
import { isStoreError, type StoreEvent } from "../store.ts"
import { create, record, replace, text, type World } from "./world.ts"

/** Watches: nothing lost, nothing twice, nothing out of order, and always an end that says why. */
export const watchConformance = (world: () => World): void => {
  describe("watches", () => {
    it("delivers every later write, deletions with their own revision and the last bytes", async () => {
      const { store, prefix } = world()
      const { recorder } = record(store, { prefix })
      const a = await create(store, `${prefix}a`, "1")
      const b = await replace(store, `${prefix}a`, { at: a, value: "2" })
      const c = await store.delete(`${prefix}a`, { modRevision: b })
      await recorder.until(({ seen }) => seen.length >= 3)
      expect(recorder.lines).toEqual([
        `put ${prefix}a@${a}=1`,
        `put ${prefix}a@${b}=2`,
        `delete ${prefix}a@${c}=2`,
      ])
      const deletion = recorder.seen[2]
      expect(deletion?.kv.createRevision).toBe(a)
    })

    it("tells with a put what it replaced, and nothing of a creation", async () => {
      const { store, prefix } = world()
      const { recorder } = record(store, { prefix })
      const a = await create(store, `${prefix}a`, "1")
      const b = await replace(store, `${prefix}a`, { at: a, value: "2" })
      await store.delete(`${prefix}a`, { modRevision: b })
      await create(store, `${prefix}a`, "3")
      await recorder.until(({ seen }) => seen.length >= 4)
      const previous = recorder.seen.map((event) =>
        event.type === "put" ? event.previous && text(event.previous.value) : "deleted",
      )
      expect(previous).toEqual([undefined, "1", "deleted", undefined])
    })

    it("delivers only what is under its prefix, and never what was acknowledged before it began", async () => {
      const { store, prefix } = world()
      await create(store, `${prefix}in/before`, "")
      const { recorder } = record(store, { prefix: `${prefix}in/` })
      await create(store, `${prefix}out/a`, "")
      await create(store, `${prefix}in`, "")
      const r = await create(store, `${prefix}in/a`, "")
      await recorder.until(({ seen }) => seen.length >= 1)
      expect(recorder.lines).toEqual([`put ${prefix}in/a@${r}=`])
    })

    it("replays from a past revision and goes on live, each event once and in order", async () => {
      const { store, prefix } = world()
      const first = await create(store, `${prefix}k`, "0")
      let at = first
      for (let value = 1; value <= 50; value++)
        at = await replace(store, `${prefix}k`, { at, value: String(value) })
      const { recorder } = record(store, { prefix, from: first + 10n })
      for (let value = 51; value <= 100; value++)
        at = await replace(store, `${prefix}k`, { at, value: String(value) })
      await recorder.until(({ seen }) => seen.at(-1)?.kv.modRevision === at)
      expect(recorder.seen.map(({ kv }) => text(kv.value))).toEqual(
        Array.from({ length: 91 }, (_, index) => String(index + 10)),
      )
    })

    it("delivers the revision named by `from` itself", async () => {
      const { store, prefix } = world()
      await create(store, `${prefix}a`, "")
      const from = await create(store, `${prefix}b`, "")
      await create(store, `${prefix}c`, "")
      const { recorder } = record(store, { prefix, from })
      await recorder.until(({ seen }) => seen.length >= 2)
      expect(recorder.seen.map(({ kv }) => kv.key)).toEqual([`${prefix}b`, `${prefix}c`])
    })

    it("tells several watchers the same events in the same order, whenever they began", async () => {
      const { store, prefix } = world()
      const from = await create(store, `${prefix}start`, "")
      const watches = [record(store, { prefix, from: from + 1n })]
      for (let round = 0; round < 10; round++) {
        await Promise.all(Array.from({ length: 20 }, (_, n) => create(store, `${prefix}${round}/${n}`, "")))
        watches.push(record(store, { prefix, from: from + 1n }))
      }
      for (const { recorder } of watches) await recorder.until(({ seen }) => seen.length >= 200)
      const [first, ...rest] = watches.map(({ recorder }) => recorder.lines)
      expect(first?.length).toBe(200)
      for (const lines of rest) expect(lines).toEqual(first)
      expect(isOrdered(watches[0]?.recorder.seen ?? [])).toBe(true)
    })

    it("tells the progress that was asked for, after every event up to it", async () => {
      const { store, prefix } = world()
      const { recorder, watch } = record(store, { prefix: `${prefix}in/` })
      await create(store, `${prefix}in/a`, "")
      const newest = await create(store, `${prefix}out/a`, "")
      watch.requestProgress()
      await recorder.until(({ lastProgress }) => lastProgress !== undefined)
      expect(recorder.lastProgress).toBeGreaterThanOrEqual(newest)
      expect(recorder.calls.map((call) => Object.keys(call)[0])).toEqual(["events", "progress"])
    })

    it("tells progress to a watch that is still replaying once it has replayed", async () => {
      const { store, prefix } = world()
      const from = await create(store, `${prefix}a`, "")
      const newest = await create(store, `${prefix}b`, "")
      const { recorder, watch } = record(store, { prefix, from })
      watch.requestProgress()
      await recorder.until(({ lastProgress }) => lastProgress !== undefined)
      expect(recorder.seen.length).toBe(2)
      expect(recorder.lastProgress).toBeGreaterThanOrEqual(newest)
    })

    it("says nothing more once it is closed", async () => {
      const { store, prefix } = world()
      const open = record(store, { prefix })
      const closed = record(store, { prefix })
      const from = await create(store, `${prefix}a`, "")
      const replaying = record(store, { prefix, from })
      replaying.watch.close()
      await open.recorder.until(({ seen }) => seen.length >= 1)
      const before = closed.recorder.calls.length
      closed.watch.requestProgress()
      closed.watch.close()
      await create(store, `${prefix}b`, "")
      await open.recorder.until(({ seen }) => seen.length >= 2)
      expect(closed.recorder.calls.length).toBe(before)
      expect(replaying.recorder.calls).toEqual([])
    })

    it("may be closed by its own sink between two events", async () => {
      const { store, prefix } = world()
      const { recorder: other } = record(store, { prefix })
      let calls = 0
      const closeAtOnce = () => {
        calls++
        watch.close()
      }
      const watch = store.watch(
        { prefix },
        { events: closeAtOnce, progress: closeAtOnce, ended: closeAtOnce },
      )
      await create(store, `${prefix}a`, "")
      await create(store, `${prefix}b`, "")
      await other.until(({ seen }) => seen.length >= 2)
      expect(calls).toBe(1)
    })

    it("keeps the others going when one sink throws, and ends that one", async () => {
      const { store, prefix } = world()
      const { recorder } = record(store, { prefix })
      const ends: Array<unknown> = []
      const fail = () => {
        throw new Error("sink")
      }
      store.watch({ prefix }, { events: fail, progress: fail, ended: (error) => ends.push(error.reason) })
      const { recorder: later } = record(store, { prefix })
      await create(store, `${prefix}a`, "")
      await create(store, `${prefix}b`, "")
      await recorder.until(({ seen }) => seen.length >= 2)
      await later.until(({ seen }) => seen.length >= 2)
      expect(ends).toEqual(["Closed"])
    })

    it("ends with Closed when the store closes, and every later call rejects so", async () => {
      const { store, prefix } = world()
      const { recorder } = record(store, { prefix })
      const session = await store.session(60)
      const from = await create(store, `${prefix}a`, "")
      const { recorder: replaying } = record(store, { prefix, from })
      await store.close()
      const { recorder: late } = record(store, { prefix })
      for (const ended of [recorder, replaying, late]) {
        await ended.until(({ end }) => end !== undefined)
        expect(ended.end?.reason).toBe("Closed")
      }
      const calls = [
        store.get(`${prefix}a`),
        store.range({ prefix }),
        create(store, `${prefix}b`, ""),
        store.delete(`${prefix}a`, { modRevision: from }),
        store.transact([{ type: "check", key: `${prefix}a`, expect: { modRevision: from } }]),
        store.compact(from),
        store.session(10),
        session.renew(),
        session.revoke(),
      ]
      for (const outcome of await Promise.allSettled(calls))
        expect(outcome.status === "rejected" && isStoreError(outcome.reason, "Closed")).toBe(true)
    })
  })
}

const isOrdered = (events: ReadonlyArray<StoreEvent>): boolean =>
  events.every(
    (event, index) => index === 0 || (events[index - 1]?.kv.modRevision ?? 0n) < event.kv.modRevision,
  )
