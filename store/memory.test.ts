import { expect, it } from "vitest"
import { ManualTimer } from "./conformance/manual-timer.ts"
import { create, record, replace } from "./conformance/world.ts"
import { storeConformance } from "./conformance.ts"
import { makeMemoryStore } from "./memory.ts"

storeConformance("memory", async () => {
  const timer = new ManualTimer()
  return { store: makeMemoryStore({ timer }), elapse: async (ms) => timer.advance(ms) }
})

it("tells live watches of a write before the write's promise is even returned", () => {
  const store = makeMemoryStore()
  const { recorder } = record(store, { prefix: "/" })
  void create(store, "/a", "1")
  expect(recorder.lines).toEqual(["put /a@2=1"])
})

it("shows every watch the same order when one of them writes", async () => {
  const store = makeMemoryStore()
  store.watch(
    { prefix: "/a" },
    { events: () => void create(store, "/b", "echo"), progress: () => {}, ended: () => {} },
  )
  const { recorder } = record(store, { prefix: "/" })
  await create(store, "/a", "1")
  expect(recorder.lines).toEqual(["put /a@2=1", "put /b@3=echo"])
})

it("compacts itself to about the history it is told to keep", async () => {
  const store = makeMemoryStore({ historyRevisionsMax: 8 })
  let at = await create(store, "/a", "0")
  for (let value = 1; value < 50; value++) at = await replace(store, "/a", { at, value: String(value) })
  const { recorder } = record(store, { prefix: "/", from: at - 7n })
  await recorder.until(({ seen }) => seen.length >= 8)
  const { recorder: lost } = record(store, { prefix: "/", from: at - 20n })
  await lost.until(({ end }) => end !== undefined)
  expect(lost.end?.reason).toBe("Compacted")
})
