import { expect, it } from "vitest"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { projectionLimits } from "./limits.ts"
import { RecentProjections } from "./recent-projections.ts"

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

it("a projection of a version of an object is made once for all who ask", () => {
  const recent = new RecentProjections()
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
  ["many", 10, projectionLimits.rememberedMax],
  ["large", 1024 * 1024, 7],
])("%s projections are not all remembered: the oldest go", (_, size, kept) => {
  const recent = new RecentProjections()
  const objects = Array.from({ length: kept + 5 }, (_, n) => objectOf(`o${n}`, size))
  for (const object of objects) recent.of(object, "x", () => Buffer.alloc(10))
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
