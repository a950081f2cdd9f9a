/** Statements 2.3.32 to 2.3.36: label and field selectors. */
import { describe, expect } from "vitest"
import {
  configMap,
  configMaps,
  crds,
  defineWidgets,
  namesOf,
  refusal,
  told,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const query = (kind: "labelSelector" | "fieldSelector", selector: string): string =>
  `?${kind}=${encodeURIComponent(selector)}`

const labelled = [
  ["a", { tier: "front", n: "1" }],
  ["b", { tier: "back", n: "5" }],
  ["c", { tier: "front", x: "" }],
  ["d", {}],
] as const

const labelSelectors: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
  ["", ["a", "b", "c", "d"]],
  ["tier", ["a", "b", "c"]],
  ["!tier", ["d"]],
  ["tier=front", ["a", "c"]],
  ["tier==front", ["a", "c"]],
  ["tier!=front", ["b", "d"]],
  ["tier in (front,back)", ["a", "b", "c"]],
  ["tier in (back)", ["b"]],
  ["tier notin (front)", ["b", "d"]],
  ["n>1", ["b"]],
  ["n<2", ["a"]],
  ["tier=front,!n", ["c"]],
  [" tier = front , n ", ["a"]],
  ["x=", ["c"]],
  ["x in ()", ["c"]],
]

const event = (name: string, more: { readonly [field: string]: string | object }) => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name, namespace: "default" },
  involvedObject: {
    kind: "Widget",
    namespace: "default",
    name: "w",
    uid: "u",
    apiVersion: "example.com/v1",
    resourceVersion: "7",
    fieldPath: "spec",
  },
  ...more,
})

export const selectorsSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.3 selectors`, () => {
    statement("2.3.32 label selectors select by existence, equality, sets and order", async (world) => {
      for (const [each, labels] of labelled) await world.post(configMaps, configMap(each, {}, { labels }))
      for (const [selector, names] of labelSelectors) {
        expect(
          namesOf(await world.get(`${configMaps}${query("labelSelector", selector)}`)),
          selector,
        ).toEqual(names)
      }
    })

    statement("2.3.33 a malformed label selector is 400 and says that it cannot be parsed", async (world) => {
      for (const selector of ["a in", "a in (b", "=b", "a=b=c", "a>x", "a,,b", "-a=b", "a=-b", "!a=b"]) {
        const answer = await world.get(`${configMaps}${query("labelSelector", selector)}`)
        expect(refusal(answer), selector).toEqual([
          400,
          "BadRequest",
          expect.stringMatching(/unable to parse requirement|found '/),
        ])
      }
    })

    statement("2.3.34 field selectors know names, namespaces and selectable fields", async (world) => {
      await defineWidgets(world)
      await world.post(widgets, widget("a", { color: "blue" }))
      await world.post(widgets, widget("b", { color: "red" }))
      const rows = [
        ["metadata.name=a", ["a"]],
        ["metadata.name==a", ["a"]],
        ["metadata.name!=a", ["b"]],
        ["metadata.namespace=default,metadata.name=b", ["b"]],
        ["metadata.namespace=other", []],
        ["spec.color=blue", ["a"]],
        ["spec.color!=blue", ["b"]],
      ] as const
      for (const [selector, names] of rows) {
        expect(namesOf(await world.get(`${widgets}${query("fieldSelector", selector)}`)), selector).toEqual(
          names,
        )
      }
      const unknown = await world.get(`${widgets}${query("fieldSelector", "spec.size=1")}`)
      expect(refusal(unknown)).toEqual([400, "BadRequest", "field label not supported: spec.size"])
    })

    statement("2.3.34 a cluster-scoped kind has no namespace to select by", async (world) => {
      await defineWidgets(world, { scope: "Cluster" })
      const answer = await world.get(
        `/apis/example.com/v1/widgets${query("fieldSelector", "metadata.namespace=x")}`,
      )
      expect(answer.status).toBe(400)
    })

    statement("2.3.35 selectable fields hold for watch and deletecollection too", async (world) => {
      await defineWidgets(world)
      const watch = await world.watch(`${widgets}${query("fieldSelector", "spec.color=blue")}&watch=true`)
      await world.post(widgets, widget("a", { color: "red" }))
      await world.post(widgets, widget("b", { color: "blue" }))
      expect(told(await watch.take(1))).toEqual(["ADDED b"])
      await world.delete(`${widgets}${query("fieldSelector", "spec.color=blue")}`)
      expect(namesOf(await world.get(widgets))).toEqual(["a"])
    })

    statement(
      "2.3.35 selectable fields are at most eight simple paths to scalars outside metadata",
      async (world) => {
        const fields = (paths: ReadonlyArray<string>) =>
          widgetsCrd({
            versions: [{ ...widgetVersion, selectableFields: paths.map((jsonPath) => ({ jsonPath })) }],
          })
        const refused = [
          [".metadata.labels"],
          [".spec"],
          [".spec.list[0]"],
          [".spec.nothing"],
          [".spec.color", ".spec.color"],
          Array.from({ length: 9 }, (_, n) => `.spec.f${n}`),
        ]
        for (const paths of refused) {
          const answer = await world.post(crds, fields(paths))
          expect([answer.status, answer.json.message], paths.join()).toEqual([
            422,
            expect.stringContaining("selectableFields"),
          ])
        }
      },
    )

    statement("2.3.36 events are selected by what they are about", async (world) => {
      const path = "/api/v1/namespaces/default/events"
      await world.post(
        path,
        event("e1", {
          reason: "Made",
          type: "Normal",
          source: { component: "maker" },
          reportingComponent: "r1",
        }),
      )
      await world.post(
        path,
        event("e2", { reason: "Lost", type: "Warning", source: { component: "keeper" } }),
      )
      const rows = [
        [
          "involvedObject.kind=Widget,involvedObject.namespace=default,involvedObject.name=w,involvedObject.uid=u",
          ["e1", "e2"],
        ],
        [
          "involvedObject.apiVersion=example.com/v1,involvedObject.resourceVersion=7,involvedObject.fieldPath=spec",
          ["e1", "e2"],
        ],
        ["involvedObject.name=x", []],
        ["reason=Made", ["e1"]],
        ["type!=Normal", ["e2"]],
        ["reportingComponent=r1", ["e1"]],
        ["source=keeper", ["e2"]],
      ] as const
      for (const [selector, names] of rows) {
        expect(namesOf(await world.get(`${path}${query("fieldSelector", selector)}`)), selector).toEqual(
          names,
        )
      }
    })

    statement("2.3.36 namespaces are selected by phase, secrets by type", async (world) => {
      const active = await world.get(`/api/v1/namespaces${query("fieldSelector", "status.phase=Active")}`)
      expect(namesOf(active)).toContain("default")
      expect(
        namesOf(await world.get(`/api/v1/namespaces${query("fieldSelector", "status.phase=Terminating")}`)),
      ).toEqual([])
      const secrets = "/api/v1/namespaces/default/secrets"
      for (const [each, type] of [
        ["a", "x/y"],
        ["b", ""],
      ] as const) {
        await world.post(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name: each }, type })
      }
      expect(namesOf(await world.get(`${secrets}${query("fieldSelector", "type=x/y")}`))).toEqual(["a"])
      expect(namesOf(await world.get(`${secrets}${query("fieldSelector", "type=Opaque")}`))).toEqual(["b"])
    })
  })
}
