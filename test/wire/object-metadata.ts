/** Statements 2.4.37 to 2.4.52: metadata of objects. */
import { describe, expect } from "vitest"
import type { Json } from "../../schemas/index.ts"
import {
  at,
  configMap,
  configMaps,
  crds,
  defineWidgets,
  refusal,
  versionOf,
  widget,
  widgets,
  widgetsCrd,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const owner = (name: string, more: { readonly [field: string]: Json } = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name,
  uid: `uid-${name}`,
  ...more,
})

export const objectMetadataSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.4 object metadata`, () => {
    statement("2.4.37 create sets what the server decides, whatever the client says", async (world) => {
      await defineWidgets(world)
      const { json } = await world.post(
        widgets,
        widget(
          "a",
          {},
          {
            uid: "mine",
            creationTimestamp: "2001-01-01T00:00:00Z",
            deletionTimestamp: "2001-01-01T00:00:00Z",
            deletionGracePeriodSeconds: 5,
            generation: 9,
          },
        ),
      )
      const metadata = at(json, "metadata")
      expect(metadata).toMatchObject({
        uid: expect.stringMatching(uuid),
        creationTimestamp: "2030-01-01T00:00:00Z",
        resourceVersion: expect.stringMatching(/^\d+$/),
        generation: 1,
      })
      expect(metadata).not.toHaveProperty("deletionTimestamp")
      expect(metadata).not.toHaveProperty("deletionGracePeriodSeconds")
    })

    // Upstream lets the store's plain error through, which becomes a 500 without reason; here it is the client's error.
    statement("2.4.38 create with a resourceVersion is refused", async (world) => {
      const answer = await world.post(configMaps, configMap("a", {}, { resourceVersion: "1" }))
      expect(refusal(answer)).toEqual([
        400,
        "BadRequest",
        "resourceVersion should not be set on objects to be created",
      ])
    })

    statement("2.4.39 generateName ends in five characters of its own alphabet", async (world) => {
      const base = `${"x".repeat(80)}-`
      const { json } = await world.post(configMaps, { ...configMap(""), metadata: { generateName: base } })
      const made = String(at(json, "metadata.name"))
      expect([made.length, made.slice(0, 58)]).toEqual([63, base.slice(0, 58)])
      expect(made.slice(58)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    })

    statement(
      "2.4.39 when every generated name is taken, it says so and when to come again",
      async (world) => {
        const send = () => world.post(configMaps, { ...configMap(""), metadata: { generateName: "a-" } })
        await send()
        const answer = await send()
        expect(refusal(answer)).toEqual([
          409,
          "AlreadyExists",
          expect.stringContaining("the server was not able to generate a unique name for the object"),
        ])
        expect(at(answer.json, "details.retryAfterSeconds")).toBe(1)
      },
    )

    statement("2.4.40 without a name there is nothing to create", async (world) => {
      const answer = await world.post(configMaps, { ...configMap(""), metadata: {} })
      expect(refusal(answer)).toEqual([
        422,
        "Invalid",
        expect.stringContaining("metadata.name: Required value: name or generateName is required"),
      ])
    })

    statement(
      "2.4.41 names are subdomains, namespaces are labels, and the URL agrees with the body",
      async (world) => {
        await defineWidgets(world)
        const rows: ReadonlyArray<readonly [string, string, number]> = [
          [widgets, "a.b-c", 201],
          [widgets, "x".repeat(253), 201],
          [widgets, "x".repeat(254), 422],
          [widgets, "A", 422],
          [widgets, "a_b", 422],
          [widgets, "-a", 422],
        ]
        for (const [path, each, status] of rows)
          expect((await world.post(path, widget(each))).status, each).toBe(status)
        const namespace = (each: string) => ({
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: each },
        })
        expect((await world.post("/api/v1/namespaces", namespace("a.b"))).status).toBe(422)
        expect((await world.post("/api/v1/namespaces", namespace("x".repeat(64)))).status).toBe(422)
        await world.post(configMaps, configMap("a"))
        const other = await world.put(`${configMaps}/a`, configMap("b"))
        expect(refusal(other)).toEqual([
          400,
          "BadRequest",
          "the name of the object (b) does not match the name on the URL (a)",
        ])
      },
    )

    statement("2.4.42 the namespace of the body is that of the URL, and is filled in", async (world) => {
      const other = await world.post(configMaps, configMap("a", {}, { namespace: "kube-system" }))
      expect(refusal(other)).toEqual([
        400,
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request",
      ])
      expect(at((await world.post(configMaps, configMap("a"))).json, "metadata.namespace")).toBe("default")
    })

    statement("2.4.43 the apiVersion of the body is that of the URL", async (world) => {
      await defineWidgets(world)
      const answer = await world.post(widgets, { ...widget("a"), apiVersion: "example.com/v2" })
      expect(refusal(answer)).toEqual([
        400,
        "BadRequest",
        "the API version in the data (example.com/v2) does not match the expected API version (example.com/v1)",
      ])
    })

    statement("2.4.44 an update leaves what the server owns as it was", async (world) => {
      await defineWidgets(world)
      const { json } = await world.post(widgets, widget("a"))
      const { json: updated, status } = await world.put(`${widgets}/a`, {
        ...widget("a", { color: "blue" }),
        metadata: {
          name: "a",
          uid: "",
          resourceVersion: versionOf(json),
          creationTimestamp: "2001-01-01T00:00:00Z",
          deletionTimestamp: "2001-01-01T00:00:00Z",
          generation: 77,
        },
      })
      expect(status).toBe(200)
      expect(at(updated, "metadata")).toMatchObject({
        uid: at(json, "metadata.uid"),
        creationTimestamp: at(json, "metadata.creationTimestamp"),
        generation: 2,
      })
      expect(at(updated, "metadata.deletionTimestamp")).toBeUndefined()
    })

    statement("2.4.45 an update with another uid conflicts", async (world) => {
      await world.post(configMaps, configMap("a"))
      for (const answer of [
        await world.put(`${configMaps}/a`, configMap("a", {}, { uid: "other" })),
        await world.patch(`${configMaps}/a`, "merge", { metadata: { uid: "other" } }),
      ]) {
        expect(refusal(answer)).toEqual([
          409,
          "Conflict",
          expect.stringContaining("Precondition failed: UID in precondition: other"),
        ])
      }
    })

    statement("2.4.46 generation counts changes outside of metadata, not those of status", async (world) => {
      await defineWidgets(world)
      await world.post(widgets, widget("a"))
      const generation = async (answer: ReturnType<typeof world.patch>) =>
        at((await answer).json, "metadata.generation")
      expect(
        await generation(world.patch(`${widgets}/a`, "merge", { metadata: { labels: { a: "b" } } })),
      ).toBe(1)
      expect(await generation(world.patch(`${widgets}/a`, "merge", { spec: { color: "blue" } }))).toBe(2)
      expect(
        await generation(world.patch(`${widgets}/a/status`, "merge", { status: { message: "x" } })),
      ).toBe(2)
      await world.patch(`${widgets}/a`, "merge", { metadata: { finalizers: ["example.com/x"] } })
      expect(await generation(world.delete(`${widgets}/a`))).toBe(3)
      expect(await generation(world.delete(`${widgets}/a`))).toBe(3)
    })

    statement("2.4.47 labels, annotations, finalizers and owners are checked", async (world) => {
      const rows: ReadonlyArray<readonly [string, { readonly [field: string]: Json }]> = [
        ["metadata.labels", { labels: { "-a": "b" } }],
        ["metadata.labels", { labels: { a: "b c" } }],
        ["metadata.labels", { labels: { a: "x".repeat(64) } }],
        ["metadata.annotations", { annotations: { "a/b/c": "" } }],
        ["metadata.annotations", { annotations: { a: "x".repeat(256 * 1024) } }],
        ["metadata.finalizers", { finalizers: ["a b"] }],
        ["metadata.ownerReferences", { ownerReferences: [owner("o", { uid: "" })] }],
        ["metadata.ownerReferences", { ownerReferences: [owner("o", { name: "" })] }],
        [
          "Only one reference can have Controller set to true",
          { ownerReferences: [owner("o", { controller: true }), owner("p", { controller: true })] },
        ],
      ]
      for (const [text, metadata] of rows) {
        const answer = await world.post(configMaps, configMap("a", {}, metadata))
        expect(refusal(answer), JSON.stringify(metadata).slice(0, 80)).toEqual([
          422,
          "Invalid",
          expect.stringContaining(text),
        ])
      }
    })

    // Source: meta/v1 ObjectMeta, whose maps and lists are omitted when empty.
    statement(
      "2.4.47 empty labels, annotations, finalizers and owners are as good as none",
      async (world) => {
        await defineWidgets(world)
        const empty = { labels: {}, annotations: {}, finalizers: [], ownerReferences: [] }
        for (const [path, object] of [
          [configMaps, configMap("a", {}, empty)],
          [widgets, widget("a", {}, empty)],
        ] as const) {
          const { json } = await world.post(path, object)
          for (const key of Object.keys(empty)) expect(json.metadata).not.toHaveProperty(key)
          await world.patch(`${path}/a`, "merge", { metadata: { labels: { x: "y" } } })
          const patched = await world.patch(`${path}/a`, "merge", { metadata: { labels: { x: null } } })
          expect(patched.json.metadata).not.toHaveProperty("labels")
        }
      },
    )

    statement("2.4.48 orphan and foregroundDeletion cannot be both set", async (world) => {
      const answer = await world.post(
        configMaps,
        configMap("a", {}, { finalizers: ["orphan", "foregroundDeletion"] }),
      )
      expect(refusal(answer)).toEqual([422, "Invalid", expect.stringContaining("cannot be both set")])
    })

    statement("2.4.49 repeated owners are merged, with a warning", async (world) => {
      const { json, headers } = await world.post(
        configMaps,
        configMap(
          "a",
          {},
          {
            ownerReferences: [
              owner("o"),
              Object.fromEntries(Object.entries(owner("o")).reverse()),
              owner("p"),
            ],
          },
        ),
      )
      expect(at(json, "metadata.ownerReferences")).toEqual([owner("o"), owner("p")])
      expect(headers.warning).toMatch(/^299 - "\.metadata\.ownerReferences contains duplicate entries/)
    })

    statement("2.4.50 a finalizer of a custom resource without a domain is warned of", async (world) => {
      await defineWidgets(world)
      const warned = await world.post(widgets, widget("a", {}, { finalizers: ["plain"] }))
      expect(warned.headers.warning).toContain(
        'metadata.finalizers: \\"plain\\": prefer a domain-qualified finalizer name',
      )
      const silent = await world.post(widgets, widget("b", {}, { finalizers: ["example.com/x", "orphan"] }))
      expect(silent.headers.warning).toBeUndefined()
    })

    statement(
      "2.4.51 managedFields tell who owns what; the manager defaults to the user agent",
      async (world) => {
        const { json } = await world.post(configMaps, configMap("a", { k: "v" }), {
          headers: { "user-agent": "tool/1.2 (linux)" },
        })
        expect(at(json, "metadata.managedFields")).toEqual([
          {
            manager: "tool",
            operation: "Update",
            apiVersion: "v1",
            time: "2030-01-01T00:00:00Z",
            fieldsType: "FieldsV1",
            fieldsV1: { "f:data": { ".": {}, "f:k": {} } },
          },
        ])
        const named = await world.put(`${configMaps}/a?fieldManager=me`, configMap("a", { k: "w" }))
        expect(at(named.json, "metadata.managedFields")).toContainEqual(
          expect.objectContaining({ manager: "me" }),
        )
        await defineWidgets(world)
        await world.post(widgets, widget("w"))
        const status = await world.patch(`${widgets}/w/status`, "merge", { status: { message: "x" } })
        expect(at(status.json, "metadata.managedFields")).toContainEqual(
          expect.objectContaining({
            subresource: "status",
            fieldsV1: { "f:status": { ".": {}, "f:message": {} } },
          }),
        )
      },
    )

    statement("2.4.52 an empty managedFields resets tracking, other edits are ignored", async (world) => {
      for (const reset of [[], [{}]]) {
        await world.post(configMaps, configMap("a", { k: "v" }))
        const { json } = await world.put(
          `${configMaps}/a`,
          configMap("a", { k: "v" }, { managedFields: reset }),
        )
        expect(at(json, "metadata.managedFields") ?? []).toEqual([])
        await world.delete(`${configMaps}/a`)
      }
      const made = await world.post(configMaps, configMap("a", { k: "v" }))
      const { json } = await world.put(
        `${configMaps}/a`,
        configMap("a", { k: "v" }, { managedFields: [{ manager: "x", operation: "Nonsense" }] }),
      )
      expect(at(json, "metadata.managedFields")).toEqual(at(made.json, "metadata.managedFields"))
    })

    statement("2.4.46 a definition has a generation as well", async (world) => {
      const { json } = await world.post(crds, widgetsCrd())
      expect(at(json, "metadata.generation")).toBe(1)
    })
  })
}
