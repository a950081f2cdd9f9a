import fc from "fast-check"
import { expect, test } from "vitest"
import type { CachedObject } from "./cached-object.ts"
import { SortedObjects } from "./sorted-objects.ts"

const object = (key: string): CachedObject => ({
  key,
  namespace: "",
  name: key,
  revision: 1n,
  bytes: Buffer.alloc(0),
  version: "v1",
  labels: undefined,
  fields: undefined,
})

const key = fc.stringMatching(/^[ab/]{1,4}$/)
const step = fc.record({ set: fc.boolean(), key })

test("objects come in the order of their keys, from a prefix, after a key", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), key, key, (steps, prefix, after) => {
      const objects = new SortedObjects()
      const model = new Set<string>()
      for (const { set, key: at } of steps) {
        if (set) objects.set(object(at))
        else objects.delete(at)
        if (set) model.add(at)
        else model.delete(at)
      }
      const want = [...model].sort().filter((at) => at.startsWith(prefix))
      expect([...objects.from(prefix)].map((found) => found.key)).toEqual(want)
      expect([...objects.from(prefix, after)].map((found) => found.key)).toEqual(
        want.filter((at) => at > after),
      )
      const snapshot = objects.snapshot()
      expect([snapshot.count(prefix), snapshot.count(prefix, after)]).toEqual([
        want.length,
        want.filter((at) => at > after).length,
      ])
      expect(objects.size).toBe(model.size)
    }),
  )
})

/** Enough for several chunks, written in a scattered order. */
const many = Array.from({ length: 3_000 }, (_, index) => String((index * 7_919) % 10_007).padStart(5, "0"))

test("thousands of objects, put in any order and taken out again, stay in order", () => {
  const objects = new SortedObjects()
  for (const name of many) objects.set(object(name))
  const sorted = [...many].sort()
  expect([...objects.from("")].map((found) => found.key)).toEqual(sorted)
  expect(objects.snapshot().count("0", "00500")).toBe(
    sorted.filter((at) => at.startsWith("0") && at > "00500").length,
  )
  for (const [index, name] of many.entries()) if (index % 3 !== 0) objects.delete(name)
  const left = many.filter((_, index) => index % 3 === 0).sort()
  expect([...objects.from("")].map((found) => found.key)).toEqual(left)
})

test("a snapshot stays as it was, whatever is written later", () => {
  const spread = fc.record({
    kind: fc.constantFrom("set", "delete", "snapshot"),
    key: fc.constantFrom(...many),
  })
  fc.assert(
    fc.property(fc.array(spread, { maxLength: 80 }), (steps) => {
      const objects = new SortedObjects()
      for (const name of many.slice(0, 1_200)) objects.set(object(name))
      const taken = [{ snapshot: objects.snapshot(), was: [...objects.from("")] }]
      for (const { kind, key: at } of steps) {
        if (kind === "set") objects.set(object(at))
        else if (kind === "delete") objects.delete(at)
        else taken.push({ snapshot: objects.snapshot(), was: [...objects.from("")] })
      }
      for (const { snapshot, was } of taken) {
        const now = [...snapshot.from("")]
        expect(now.length === was.length && now.every((found, index) => found === was[index])).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})
