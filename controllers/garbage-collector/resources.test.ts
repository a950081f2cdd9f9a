import { expect, test } from "vitest"
import type { ApiResource } from "../../client/index.ts"
import { Resources } from "./resources.ts"

const served = (plural: string, kind: string, group: string): ApiResource => ({
  kind: { group, version: "v1", kind, plural, namespaced: true },
  verbs: new Set(["list", "watch", "delete"]),
  singular: kind.toLowerCase(),
  shortNames: [],
  categories: [],
  isPreferred: true,
})

test("pods are spoken of but not watched: they are Sandboxes with the same uids", () => {
  const resources = new Resources()
  resources.update([
    served("pods", "Pod", ""),
    served("pods", "Pod", "example.com"),
    served("sandboxes", "Sandbox", "compute.miren.dev"),
  ])
  expect(resources.collectable.map(({ group, plural }) => `${plural}.${group}`)).toEqual([
    "pods.example.com",
    "sandboxes.compute.miren.dev",
  ])
  const reference = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }
  expect(resources.resolve(reference)?.plural).toBe("pods")
})
