import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { ManualTimer } from "./conformance/manual-timer.ts"
import { bytes, create, record, replace, text } from "./conformance/world.ts"
import { storeConformance } from "./conformance.ts"
import { makeEmbeddedStore } from "./embedded.ts"
import { StoreOpenError } from "./open-error.ts"
import { isStoreError } from "./store.ts"

let directory = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "miren-embedded-"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

storeConformance("embedded", async () => {
  const timer = new ManualTimer()
  return { store: makeEmbeddedStore({ directory, timer }), elapse: async (ms) => timer.advance(ms) }
})

const openFailure = (path: string): StoreOpenError => {
  try {
    void makeEmbeddedStore({ directory: path }).close()
  } catch (error) {
    if (error instanceof StoreOpenError) return error
    throw error
  }
  throw new Error("expected the store not to open")
}

describe("a directory", () => {
  it("keeps everything from one opening to the next: documents, history, revision, compaction", async () => {
    const before = makeEmbeddedStore({ directory })
    const a = await create(before, "/a", "1")
    const b = await replace(before, "/a", { at: a, value: "2" })
    const c = await create(before, "/b", "b")
    const d = await before.delete("/b", { modRevision: c })
    await before.compact(b)
    await before.close()

    const store = makeEmbeddedStore({ directory })
    expect((await store.get("/a")).revision).toBe(d)
    expect((await store.range({ prefix: "/", revision: c })).items.map((kv) => text(kv.value))).toEqual([
      "2",
      "b",
    ])
    const { recorder } = record(store, { prefix: "/", from: b })
    await recorder.until(({ seen }) => seen.length >= 3)
    expect(recorder.lines).toEqual([`put /a@${b}=2`, `put /b@${c}=b`, `delete /b@${d}=b`])
    const { recorder: lost } = record(store, { prefix: "/", from: a })
    await lost.until(({ end }) => end !== undefined)
    expect(lost.end?.reason).toBe("Compacted")
    expect(await replace(store, "/a", { at: b, value: "3" })).toBe(d + 1n)
    await store.close()
  })

  it("keeps sessions over a restart, each with its whole time again", async () => {
    const before = makeEmbeddedStore({ directory, timer: new ManualTimer() })
    const held = await before.session(10)
    await before.put({ key: "/held", value: bytes("x"), expect: { absent: true }, session: held.id })
    await before.close()

    const timer = new ManualTimer()
    const store = makeEmbeddedStore({ directory, timer })
    const { recorder } = record(store, { prefix: "/" })
    timer.advance(9_999)
    expect((await store.get("/held")).kv).toBeDefined()
    timer.advance(1)
    await recorder.until(({ seen }) => seen.length >= 1)
    expect(recorder.seen[0]?.type).toBe("delete")
    expect((await store.session(10)).id).not.toBe(held.id)
    await store.close()
  })

  it("is refused to a second opener, and free again once the first has closed", async () => {
    const first = makeEmbeddedStore({ directory })
    expect(openFailure(directory).reason).toBe("DataDirInUse")
    await first.close()
    await makeEmbeddedStore({ directory }).close()
  })

  it("is readable by its owner only", async () => {
    const inner = join(directory, "deeper", "store")
    await makeEmbeddedStore({ directory: inner }).close()
    for (const path of [inner, ...readdirSync(inner).map((name) => join(inner, name))])
      expect(statSync(path).mode & 0o077).toBe(0)
  })

  it("that cannot be made, or holds no store of ours, is refused in one sentence", () => {
    const file = join(directory, "file")
    writeFileSync(file, "")
    expect(openFailure(join(file, "below")).reason).toBe("DataDirUnusable")
    writeFileSync(
      join(directory, "store.sqlite"),
      "no database at all, but long enough to look like one".repeat(50),
    )
    expect(openFailure(directory).reason).toBe("DataDirUnusable")
    rmSync(join(directory, "store.sqlite"))
  })

  it("written by a newer release is refused and left as it is", async () => {
    await makeEmbeddedStore({ directory }).close()
    const database = new DatabaseSync(join(directory, "store.sqlite"))
    database.exec("UPDATE meta SET number = 99 WHERE name = 'schema_version'")
    database.close()
    expect(openFailure(directory).reason).toBe("DataTooNew")
  })
})

describe("writes of one turn", () => {
  it("are told to watches in one call, each with its own revision, the refused ones with what refused them", async () => {
    const store = makeEmbeddedStore({ directory })
    const { recorder } = record(store, { prefix: "/" })
    const outcomes = await Promise.allSettled([
      create(store, "/a", "1"),
      create(store, "/a", "2"),
      create(store, "/b", "3"),
      replace(store, "/a", { at: 2n, value: "4" }),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"])
    const [, refused] = outcomes
    const reason: unknown = refused?.status === "rejected" ? refused.reason : undefined
    expect(isStoreError(reason, "KeyExists") && reason.current && text(reason.current.value)).toBe("1")
    expect(recorder.lines).toEqual(["put /a@2=1", "put /b@3=3", "put /a@4=4"])
    expect(recorder.calls.length).toBe(1)
    await store.close()
  })

  it("that wait when the store closes are made durable first", async () => {
    const store = makeEmbeddedStore({ directory })
    const written = create(store, "/a", "1")
    await store.close()
    expect(await written).toBe(2n)
    const again = makeEmbeddedStore({ directory })
    expect((await again.get("/a")).kv).toBeDefined()
    await again.close()
  })
})

it("compaction removes the rows that nothing can reach any more", async () => {
  const store = makeEmbeddedStore({ directory })
  let at = await create(store, "/a", "0")
  for (let value = 1; value < 1_500; value++) at = await replace(store, "/a", { at, value: String(value) })
  const gone = await create(store, "/gone", "")
  await store.delete("/gone", { modRevision: gone })
  const newest = await create(store, "/b", "")
  await store.compact(newest)
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve))
  await store.close()
  const database = new DatabaseSync(join(directory, "store.sqlite"))
  const rows = database.prepare("SELECT key FROM change ORDER BY id").all()
  database.close()
  expect(rows.map(({ key }) => key)).toEqual(["/a", "/b"])
})
