import { expect, test } from "vitest"
import { pathsOf, setOf } from "./field-set.ts"
import { capped, identityOf, type Manager } from "./managers.ts"

const updater = (name: string, at: number, apiVersion = "v1"): Manager => ({
  name,
  operation: "Update",
  apiVersion,
  subresource: "",
  time: new Date(Date.UTC(2030, 0, 1) + at * 1_000).toISOString(),
  set: setOf([`f:${name}`]),
})

const managersOf = (...all: ReadonlyArray<Manager>) =>
  new Map(all.map((manager) => [identityOf(manager), manager]))

const fieldsOf = ({ set }: Manager): ReadonlyArray<string> =>
  pathsOf(set, 10_000)
    .map((path) => path.join("."))
    .sort()

test("thousands of updaters become ten, and nobody's field is lost", () => {
  const names = Array.from({ length: 5_000 }, (_, index) => `m${index}`)
  const kept = [...capped(managersOf(...names.map((name, index) => updater(name, index)))).values()]
  expect(kept).toHaveLength(10)
  const ancient = kept.find(({ name }) => name === "ancient-changes")
  expect(ancient?.time).toBe(updater("", 4_990).time)
  expect(kept.flatMap(fieldsOf).sort()).toEqual(names.map((name) => `f:${name}`).sort())
})

test("updaters of different versions are merged apart", () => {
  const all = Array.from({ length: 14 }, (_, index) => updater(`m${index}`, index, index % 2 ? "v1" : "v2"))
  const kept = [...capped(managersOf(...all)).values()]
  expect(kept).toHaveLength(10)
  const ancients = kept.filter(({ name }) => name === "ancient-changes")
  expect(ancients.map((manager) => [manager.apiVersion, fieldsOf(manager)])).toEqual([
    ["v2", ["f:m0", "f:m2", "f:m4"]],
    ["v1", ["f:m1", "f:m3", "f:m5"]],
  ])
})
