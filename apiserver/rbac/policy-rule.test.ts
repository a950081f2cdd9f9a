import * as fc from "fast-check"
import { expect, test } from "vitest"
import type { AccessRequest } from "../authorizer.ts"
import { uncovered } from "./covering.ts"
import { allows, type PolicyRule } from "./policy-rule.ts"

const rule = (parts: Partial<PolicyRule>): PolicyRule => ({
  verbs: [],
  apiGroups: [],
  resources: [],
  resourceNames: [],
  nonResourceURLs: [],
  ...parts,
})

const ask = (verb: string, resource: string, more: { group?: string; name?: string } = {}): AccessRequest => {
  const [plural = "", subresource = ""] = resource.split("/")
  const { group = "", name = "" } = more
  return {
    type: "resource",
    verb,
    group,
    version: "v1",
    resource: plural,
    subresource,
    namespace: "default",
    name,
  }
}

const path = (verb: string, at: string): AccessRequest => ({ type: "path", verb, path: at })

const pods = rule({ verbs: ["get", "list"], apiGroups: [""], resources: ["pods"] })
const scales = rule({ verbs: ["update"], apiGroups: ["*"], resources: ["*/scale"] })
const oneMap = rule({ verbs: ["*"], apiGroups: [""], resources: ["configmaps"], resourceNames: ["a"] })
const everything = rule({ verbs: ["*"], apiGroups: ["*"], resources: ["*"] })
const api = rule({ verbs: ["get"], nonResourceURLs: ["/api", "/apis/*"] })

test.each([
  ["a verb and a resource that are listed", pods, ask("get", "pods"), true],
  ["a verb that is not listed", pods, ask("delete", "pods"), false],
  ["another group", pods, ask("get", "pods", { group: "apps" }), false],
  ["a subresource of a listed resource", pods, ask("get", "pods/log"), false],
  ["a subresource of any resource", scales, ask("update", "deployments/scale", { group: "apps" }), true],
  ["another subresource than the one of any resource", scales, ask("update", "deployments/status"), false],
  ["the resource itself by a rule for subresources", scales, ask("update", "deployments"), false],
  ["anything by stars", everything, ask("deletecollection", "widgets/status", { group: "x.io" }), true],
  ["a path by stars of resources", everything, path("get", "/metrics"), false],
  ["a listed name", oneMap, ask("get", "configmaps", { name: "a" }), true],
  ["another name", oneMap, ask("get", "configmaps", { name: "b" }), false],
  ["a create, which has no name, by a rule with names", oneMap, ask("create", "configmaps"), false],
  ["a list of all names by a rule with names", oneMap, ask("list", "configmaps"), false],
  ["a list narrowed to a listed name", oneMap, ask("list", "configmaps", { name: "a" }), true],
  ["a path that is listed", api, path("get", "/api"), true],
  ["a path below one with a star", api, path("get", "/apis/apps/v1"), true],
  ["a path below one without", api, path("get", "/api/v1"), false],
  ["another method on a path", api, path("post", "/api"), false],
  ["a verb asked for as a star, by a rule with less", pods, ask("*", "pods"), false],
  ["a verb asked for as a star, by a star", everything, ask("*", "*"), true],
] as const)("a rule and %s", (_name, given, request, expected) => {
  expect(allows(given, request)).toBe(expected)
})

test.each([
  ["the same rule", [pods], pods, 0],
  ["less of each", [rule({ ...pods, verbs: ["get", "list", "watch"] })], pods, 0],
  [
    "parts held in two rules",
    [rule({ ...pods, verbs: ["get"] }), rule({ ...pods, verbs: ["list"] })],
    pods,
    0,
  ],
  ["nothing held", [], pods, 2],
  ["a star that is not held", [pods], rule({ ...pods, verbs: ["*"] }), 1],
  ["every name, where one is held", [oneMap], rule({ ...oneMap, resourceNames: [] }), 1],
  ["one name, where all are held", [rule({ ...oneMap, resourceNames: [] })], oneMap, 0],
  [
    "a subresource of one resource, where that of all is held",
    [rule({ ...scales, verbs: ["*"] })],
    rule({ ...scales, resources: ["pods/scale"] }),
    0,
  ],
  [
    "a subresource of all, where that of one is held",
    [rule({ ...scales, resources: ["pods/scale"] })],
    scales,
    1,
  ],
  ["a path below a held star", [api], rule({ verbs: ["get"], nonResourceURLs: ["/apis/apps/*"] }), 0],
  ["a path of its own", [api], rule({ verbs: ["get"], nonResourceURLs: ["/metrics"] }), 1],
] as const)("what is not covered of %s", (_name, held, wanted, missing) => {
  expect(uncovered(held, [wanted])).toHaveLength(missing)
})

test("a role too large to be checked is refused, not believed", () => {
  const many = Array.from({ length: 200 }, (_, index) => `r${index}`)
  const wanted = rule({ verbs: many, apiGroups: ["*"], resources: many })
  expect(() => uncovered([everything], [wanted])).toThrow(expect.objectContaining({ reason: "Invalid" }))
})

const some = (...values: ReadonlyArray<string>) => fc.subarray([...values], { minLength: 1 })

const rules = fc.oneof(
  fc
    .record({
      verbs: some("get", "list", "*"),
      apiGroups: some("", "apps", "*"),
      resources: some("pods", "pods/log", "*/log", "*"),
      resourceNames: fc.subarray(["a", "b"]),
    })
    .map(rule),
  fc.record({ verbs: some("get", "post", "*"), nonResourceURLs: some("/a", "/a/*", "/b", "*") }).map(rule),
)

const everyRequest: ReadonlyArray<AccessRequest> = [
  ...["get", "list"].flatMap((verb) =>
    ["", "apps"].flatMap((group) =>
      ["pods", "pods/log", "jobs", "jobs/log", "jobs/x"].flatMap((resource) =>
        ["", "a", "b", "c"].map((name) => ask(verb, resource, { group, name })),
      ),
    ),
  ),
  ...["get", "post"].flatMap((verb) => ["/a", "/a/b", "/b", "/c"].map((at) => path(verb, at))),
]

test("who has all that a role gives may do all that it allows", () => {
  void fc.assert(
    fc.property(fc.array(rules, { maxLength: 4 }), rules, (held, wanted) => {
      if (uncovered(held, [wanted]).length > 0) return
      for (const request of everyRequest) {
        if (allows(wanted, request)) expect(held.some((own) => allows(own, request))).toBe(true)
      }
    }),
    { numRuns: 2_000 },
  )
})
