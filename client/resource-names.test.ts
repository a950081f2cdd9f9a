import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ApiResource } from "./discovery.ts"
import { makeResolver, resourcesNamed } from "./resource-names.ts"

const resource = (group: string, version: string, rest: Partial<ApiResource> = {}): ApiResource => ({
  kind: { group, version, kind: "Sandbox", plural: "sandboxes", namespaced: true },
  verbs: new Set(["list"]),
  isPreferred: true,
  singular: "sandbox",
  shortNames: ["sb"],
  categories: ["miren"],
  ...rest,
})
const ours = resource("compute.miren.dev", "v1alpha1")
const older = resource("compute.miren.dev", "v1alpha0", { isPreferred: false })
const other = resource("other.dev", "v1", { shortNames: [] })
const unlisted = resource("x.dev", "v1", {
  kind: { group: "x.dev", version: "v1", kind: "Review", plural: "reviews", namespaced: false },
  verbs: new Set(["create"]),
  singular: "review",
  shortNames: [],
})
const all = [ours, older, other, unlisted]

it.each([
  ["the plural", "sandboxes", [ours]],
  ["the singular", "sandbox", [ours]],
  ["a short name", "sb", [ours]],
  ["the kind, as written", "Sandbox", [ours]],
  ["a group", "sandboxes.other.dev", [other]],
  ["a short name with a group", "sb.compute.miren.dev", [ours]],
  ["a version and a group", "sandboxes.v1alpha0.compute.miren.dev", [older]],
  ["a category: what can be listed", "miren", [ours, other]],
  ["a word of nobody", "pods", []],
  ["a group of nobody", "sandboxes.nobody.dev", []],
])("%s", (_name, word, found) => {
  expect(resourcesNamed(all, word)).toEqual(found)
})

it.effect("asks once, and once more for what it does not know", () =>
  Effect.gen(function* () {
    let asked = 0
    const resolve = makeResolver({
      resources: Effect.sync(() => (++asked === 1 ? [ours] : [ours, unlisted])),
    })
    yield* resolve("sb")
    yield* resolve("sandboxes")
    expect(asked).toBe(1)
    expect(yield* resolve("review")).toEqual([unlisted])
    expect(asked).toBe(2)
    expect(yield* Effect.flip(resolve("nothing"))).toMatchObject({ reason: "NotFound" })
    expect(asked).toBe(3)
  }),
)
