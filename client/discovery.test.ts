import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { makeDiscovery } from "./discovery.ts"
import type { Transport } from "./transport.ts"

const answering = (answers: { readonly [path: string]: unknown }): Transport => ({
  request: async ({ path }) => ({
    status: path in answers ? 200 : 404,
    headers: {},
    body: (async function* () {
      yield new TextEncoder().encode(JSON.stringify(answers[path] ?? { kind: "Status", code: 404 }))
    })(),
  }),
})

const configMap = { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true }
const widget = (version: string) => ({
  group: "x.dev",
  version,
  kind: "Widget",
  plural: "widgets",
  namespaced: false,
})

const widgetWords = { singular: "widget", shortNames: ["wd"], categories: ["all"] }
const want = [
  {
    kind: configMap,
    verbs: new Set(["list", "delete"]),
    isPreferred: true,
    singular: "configmap",
    shortNames: [],
    categories: [],
  },
  { kind: widget("v1"), verbs: new Set(["list"]), isPreferred: true, ...widgetWords },
  { kind: widget("v1beta1"), verbs: new Set(["list"]), isPreferred: false, ...widgetWords },
]

describe("Discovery", () => {
  test("reads the aggregated document", async () => {
    const widgets = {
      resource: "widgets",
      responseKind: { group: "x.dev", version: "", kind: "Widget" },
      scope: "Cluster",
      verbs: ["list"],
      singularResource: "widget",
      shortNames: ["wd"],
      categories: ["all"],
    }
    const transport = answering({
      "/api": {
        kind: "APIGroupDiscoveryList",
        items: [
          {
            versions: [
              {
                version: "v1",
                resources: [
                  {
                    resource: "configmaps",
                    responseKind: { kind: "ConfigMap" },
                    scope: "Namespaced",
                    verbs: ["list", "delete"],
                  },
                ],
              },
            ],
          },
        ],
      },
      "/apis": {
        kind: "APIGroupDiscoveryList",
        items: [
          {
            metadata: { name: "x.dev" },
            versions: [
              { version: "v1", resources: [widgets] },
              { version: "v1beta1", resources: [widgets] },
            ],
          },
        ],
      },
    })
    expect(await Effect.runPromise(makeDiscovery(transport).resources)).toEqual(want)
  })

  test("walks the group versions of a server that does not aggregate, without subresources", async () => {
    const words = { singularName: "widget", shortNames: ["wd"], categories: ["all"] }
    const widgets = { name: "widgets", kind: "Widget", namespaced: false, verbs: ["list"], ...words }
    const transport = answering({
      "/api": { kind: "APIVersions", versions: ["v1"] },
      "/api/v1": {
        kind: "APIResourceList",
        groupVersion: "v1",
        resources: [
          { name: "configmaps", kind: "ConfigMap", namespaced: true, verbs: ["list", "delete"] },
          { name: "configmaps/status", kind: "ConfigMap", namespaced: true, verbs: ["get"] },
        ],
      },
      "/apis": {
        kind: "APIGroupList",
        groups: [
          {
            name: "x.dev",
            versions: [{ groupVersion: "x.dev/v1beta1" }, { groupVersion: "x.dev/v1" }],
            preferredVersion: { groupVersion: "x.dev/v1" },
          },
        ],
      },
      "/apis/x.dev/v1": { kind: "APIResourceList", groupVersion: "x.dev/v1", resources: [widgets] },
      "/apis/x.dev/v1beta1": { kind: "APIResourceList", groupVersion: "x.dev/v1beta1", resources: [widgets] },
    })
    expect(await Effect.runPromise(makeDiscovery(transport).resources)).toEqual(want)
  })

  test("fails when a part of it does not answer", async () => {
    const transport = answering({ "/api": { kind: "APIVersions", versions: ["v1"] }, "/apis": {} })
    const failure = await Effect.runPromise(Effect.flip(makeDiscovery(transport).resources))
    expect(failure.reason).toBe("NotFound")
  })
})
