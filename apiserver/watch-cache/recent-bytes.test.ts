import { expect, it } from "vitest"
import type { CachedObject } from "./cached-object.ts"
import { RecentBytes } from "./recent-bytes.ts"

const bounds = { count: 100, bytes: 1_000 }

const objectOf = (key: string, size = 10): CachedObject => ({
  key,
  namespace: "",
  name: key,
  revision: 1n,
  bytes: Buffer.alloc(size),
  version: "v1",
  labels: undefined,
  fields: undefined,
})

it("what is made of a version of an object is made once for all who ask", () => {
  const recent = new RecentBytes(bounds)
  const object = objectOf("a")
  const made: string[] = []
  const ask = (of: CachedObject, id: string): void => {
    recent.of(of, id, () => {
      made.push(`${of.key} ${id}`)
      return Buffer.alloc(1)
    })
  }
  for (let times = 0; times < 3; times++) {
    ask(object, "x")
    ask(object, "y")
  }
  ask({ ...object }, "x")
  expect(made).toEqual(["a x", "a y", "a x"])
})

it.each([
  ["many", 1, bounds.count],
  ["large", 190, 5],
])("%s are not all remembered: the oldest go", (_, size, kept) => {
  const recent = new RecentBytes(bounds)
  const objects = Array.from({ length: kept + 5 }, (_, n) => objectOf(`o${n}`, size))
  for (const object of objects) recent.of(object, "x", () => Buffer.alloc(size === 1 ? 1 : 10))
  const isRemembered = (object: CachedObject | undefined): boolean => {
    let known = object !== undefined
    if (object === undefined) return known
    recent.of(object, "x", () => {
      known = false
      return Buffer.alloc(0)
    })
    return known
  }
  expect([isRemembered(objects.at(-1)), isRemembered(objects[5]), isRemembered(objects[4])]).toEqual([
    true,
    true,
    false,
  ])
})
