import fc from "fast-check"
import { expect, it } from "vitest"
import { byteKey, byteKeyAfterPrefix, textOfByteKey } from "./key.ts"
import { SortedKeys } from "./sorted-keys.ts"

const step = fc.tuple(
  fc.boolean(),
  fc.string({ unit: fc.constantFrom("a", "b", "é", "🗝", "\uffff"), maxLength: 6 }),
)

it("walks and counts as a sorted array would, after any insertions and deletions", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300 }),
      fc.string({ maxLength: 2 }),
      fc.boolean(),
      (steps, prefix, exclusive) => {
        const sorted = new SortedKeys<string>()
        const model = new Set<string>()
        for (const [set, key] of steps) {
          if (set) sorted.set(byteKey(key), key)
          else sorted.delete(byteKey(key))
          if (set) model.add(key)
          else model.delete(key)
        }
        const from = { key: byteKey(prefix), exclusive }
        const end = byteKeyAfterPrefix(from.key)
        const walked: Array<string> = []
        sorted.walk(from, end, (key) => walked.push(key) > 0)
        const expected = [...model]
          .filter((key) => key.startsWith(prefix) && !(exclusive && key === prefix))
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        expect(walked).toEqual(expected)
        expect(sorted.count(from, end)).toBe(expected.length)
        expect(sorted.size).toBe(model.size)
      },
    ),
  )
})

it("keeps its order through thousands of insertions in any order", () => {
  const sorted = new SortedKeys<number>()
  for (let n = 0; n < 5_000; n++) sorted.set(byteKey(String((n * 2_741) % 5_000).padStart(4, "0")), n)
  const keys: Array<number> = []
  sorted.walk({ key: byteKey(""), exclusive: false }, undefined, (n) => keys.push((n * 2_741) % 5_000) > 0)
  expect(keys).toEqual(Array.from({ length: 5_000 }, (_, n) => n))
  for (let n = 0; n < 5_000; n++) sorted.delete(byteKey(String(n).padStart(4, "0")))
  expect(sorted.size).toBe(0)
})

it("turns a key into bytes' order and back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      expect(textOfByteKey(byteKey(a))).toBe(a)
      expect(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))).toBe(
        byteKey(a) < byteKey(b) ? -1 : byteKey(a) === byteKey(b) ? 0 : 1,
      )
    }),
  )
})
