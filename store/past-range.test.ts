import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { ClosableStore } from "./closable.ts"
import { bytes, text } from "./conformance/world.ts"
import { makeEmbeddedStore } from "./embedded.ts"
import { makeMemoryStore } from "./memory.ts"

let directory = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "miren-past-"))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const keys = ["/a", "/a/1", "/a/2", "/a/é", "/b/1", "/b/2", "/c"]
const write = fc.record({ key: fc.constantFrom(...keys), remove: fc.boolean() })
const question = fc.record({
  prefix: fc.constantFrom("/", "/a", "/a/", "/b/", "/none"),
  after: fc.option(fc.constantFrom(...keys), { nil: undefined }),
  limit: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  back: fc.integer({ min: 0, max: 25 }),
})

type Snapshot = ReadonlyMap<string, string>

/** Writes, deletes, and remembers what stood at each revision. */
const play = async (store: ClosableStore, writes: ReadonlyArray<{ key: string; remove: boolean }>) => {
  const snapshots: Array<Snapshot> = [new Map()]
  for (const [number, { key, remove }] of writes.entries()) {
    const { kv } = await store.get(key)
    if (remove && kv === undefined) continue
    const next = new Map(snapshots.at(-1))
    if (remove && kv !== undefined) await store.delete(key, { modRevision: kv.modRevision })
    else {
      const expectation = kv === undefined ? { absent: true as const } : { modRevision: kv.modRevision }
      await store.put({ key, value: bytes(String(number)), expect: expectation })
    }
    if (remove) next.delete(key)
    else next.set(key, String(number))
    snapshots.push(next)
  }
  return snapshots
}

const makers = [
  ["memory", () => makeMemoryStore()],
  ["embedded", () => makeEmbeddedStore({ directory: mkdtempSync(join(directory, "s-")) })],
] as const

describe.each(makers)("the past of a %s store", (name, make) => {
  it("reads as it was written, whatever is asked and however much changed since", async () => {
    const property = fc.asyncProperty(
      fc.array(write, { minLength: 1, maxLength: 30 }),
      fc.array(question, { minLength: 1, maxLength: 10 }),
      async (writes, questions) => {
        const store = make()
        const snapshots = await play(store, writes)
        for (const { prefix, after, limit, back } of questions) {
          const at = Math.max(0, snapshots.length - 1 - back)
          const revision = BigInt(at + 1)
          const options = { prefix, revision, ...(after && { after }), ...(limit !== undefined && { limit }) }
          const { items, count } = await store.range(options)
          const expected = [...(snapshots[at] ?? [])]
            .filter(
              ([key]) =>
                key.startsWith(prefix) &&
                (after === undefined || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0),
            )
            .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          expect(items.map((kv) => [kv.key, text(kv.value)])).toEqual(expected.slice(0, limit))
          expect(count).toBe(expected.length)
        }
        await store.close()
      },
    )
    await fc.assert(property, { numRuns: name === "memory" ? 200 : 15 })
  }, 60_000)
})
