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
  labels: undefined,
  fields: undefined,
})

test("objects come in the order of their keys, from a prefix, after a key", () => {
  const key = fc.stringMatching(/^[ab/]{1,4}$/)
  const step = fc.record({ set: fc.boolean(), key })
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
      expect([objects.count(prefix), objects.count(prefix, after)]).toEqual([
        want.length,
        want.filter((at) => at > after).length,
      ])
      expect(objects.size).toBe(model.size)
    }),
  )
})
