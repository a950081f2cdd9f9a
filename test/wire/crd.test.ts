/**
 * What SIG API Machinery's conformance tests ask of custom kinds (crd_conversion_webhook.go, crd_watch.go,
 * custom_resource_definition.go, crd_publish_openapi.go, field_validation.go), as statements about this server.
 */
import { afterEach, describe, expect, test } from "vitest"
import {
  converted,
  startWebhookServer,
  type WebhookServer,
} from "../../apiserver/admission/testing/webhook-server.ts"
import {
  at,
  crds,
  type World,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
  withServer,
} from "../../apiserver/test-world.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"

let open: WebhookServer[] = []
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()))
  open = []
})

const list = (value: Json | undefined): ReadonlyArray<JsonObject> =>
  (value ?? []) as unknown as ReadonlyArray<JsonObject>

const versionOf = (name: string, storage: boolean, openAPIV3Schema: JsonObject): JsonObject => ({
  name,
  served: true,
  storage,
  schema: { openAPIV3Schema },
})

const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true }

const widgetsPath = (version: string): string => widgets.replace("v1", version)

/** As the conformance tests' webhook: v1 has `hostPort`, v2 has `host` and `port`. */
const convert = (object: JsonObject, apiVersion: string): JsonObject => {
  const { hostPort, host, port, ...rest } = object
  if (apiVersion === "example.com/v2") {
    const [left = "", right = ""] = String(hostPort).split(":")
    return { ...rest, apiVersion, host: left, port: right }
  }
  return { ...rest, apiVersion, hostPort: `${host}:${port}` }
}

const defineConverted = async (world: World): Promise<void> => {
  const server = await startWebhookServer({
    "/crdconvert": (review) => {
      const desired = String(at(review, "request.desiredAPIVersion"))
      return converted(
        review,
        list(at(review, "request.objects")).map((object) => convert(object, desired)),
      )
    },
  })
  open.push(server)
  const crd = widgetsCrd({ versions: [versionOf("v1", true, anything), versionOf("v2", false, anything)] })
  const conversion = {
    strategy: "Webhook",
    webhook: {
      conversionReviewVersions: ["v1", "v1beta1"],
      clientConfig: { url: `${server.url}/crdconvert`, caBundle: server.caBundle },
    },
  }
  const made = await world.post(crds, { ...crd, spec: { ...(crd.spec as JsonObject), conversion } })
  expect(made.json.message).toBeUndefined()
}

const hostPort = (name: string): JsonObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name },
  hostPort: "localhost:8080",
})

describe("CustomResourceConversionWebhook", () => {
  test(
    "should be able to convert from CR v1 to CR v2",
    withServer(async (world) => {
      await defineConverted(world)
      expect((await world.post(widgetsPath("v1"), hostPort("a"))).status).toBe(201)
      const { json } = await world.get(`${widgetsPath("v2")}/a`)
      expect([json.apiVersion, json.host, json.port, json.hostPort]).toEqual([
        "example.com/v2",
        "localhost",
        "8080",
        undefined,
      ])
    }),
  )

  test(
    "should be able to convert a non homogeneous list of CRs",
    withServer(async (world) => {
      await defineConverted(world)
      await world.post(widgetsPath("v1"), hostPort("a"))
      await world.patch(`${crds}/widgets.example.com`, "json", [
        { op: "replace", path: "/spec/versions/0/storage", value: false },
        { op: "replace", path: "/spec/versions/1/storage", value: true },
      ])
      await world.post(widgetsPath("v1"), hostPort("b"))
      const second = list((await world.get(widgetsPath("v2"))).json.items)
      expect(second.map(({ host, port }) => [host, port] as const)).toEqual([
        ["localhost", "8080"],
        ["localhost", "8080"],
      ])
      const first = list((await world.get(widgetsPath("v1"))).json.items)
      expect(first.map((item) => item.hostPort)).toEqual(["localhost:8080", "localhost:8080"])
    }),
  )
})

describe("CustomResourceDefinition Watch", () => {
  test(
    "watch on custom resource definition objects",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd({ scope: "Cluster" }))
      const path = "/apis/example.com/v1/widgets"
      const watches = [
        await world.watch(`${path}?watch=true&fieldSelector=metadata.name%3Da`),
        await world.watch(`${path}?watch=true&fieldSelector=metadata.name%3Db`),
      ]
      for (const name of ["a", "b"]) {
        await world.post(path, widget(name))
        await world.patch(`${path}/${name}`, "merge", { spec: { color: "blue" } })
        await world.delete(`${path}/${name}`)
      }
      for (const watch of watches) {
        expect((await watch.take(3)).map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"])
        watch.close()
      }
    }),
  )
})

describe("CustomResourceDefinition resources", () => {
  const labelled = (index: number): JsonObject => ({
    ...widgetsCrd({
      names: { plural: `widgets${index}`, kind: `Widget${index}`, shortNames: [`wd${index}`] },
    }),
    metadata: { name: `widgets${index}.example.com`, labels: index < 3 ? { set: "a" } : { set: "b" } },
  })

  test(
    "creating/deleting custom resource definition objects works",
    withServer(async (world) => {
      expect((await world.post(crds, widgetsCrd())).status).toBe(201)
      expect((await world.delete(`${crds}/widgets.example.com`)).status).toBe(200)
    }),
  )

  test(
    "listing custom resource definition objects works",
    withServer(async (world) => {
      for (let index = 0; index < 5; index++)
        expect((await world.post(crds, labelled(index))).status).toBe(201)
      expect(list((await world.get(`${crds}?labelSelector=set%3Da`)).json.items)).toHaveLength(3)
      expect((await world.delete(`${crds}?labelSelector=set%3Da`)).status).toBe(200)
      for (let turn = 0; turn < 100; turn++) {
        if (list((await world.get(`${crds}?labelSelector=set%3Da`)).json.items).length === 0) break
        await new Promise(setImmediate)
      }
      const left = list((await world.get(crds)).json.items).map((item) => at(item, "metadata.name") as Json)
      expect(left).toEqual(["widgets3.example.com", "widgets4.example.com"])
    }),
  )

  test(
    "getting/updating/patching custom resource definition status sub-resource works",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      const path = `${crds}/widgets.example.com/status`
      const condition = (message: string): JsonObject => ({
        type: "StatusUpdate",
        status: "True",
        reason: "E2E",
        message,
        lastTransitionTime: "2030-01-01T00:00:00Z",
      })
      const read = await world.get(path)
      expect(at(read.json, "status.acceptedNames.plural")).toBe("widgets")
      const status = read.json.status as JsonObject
      const updated = await world.put(path, {
        ...read.json,
        status: { ...status, conditions: [...list(status.conditions), condition("put")] },
      })
      expect(list(at(updated.json, "status.conditions")).at(-1)?.message).toBe("put")
      const patched = await world.patch(path, "merge", { status: { conditions: [condition("patched")] } })
      expect(list(at(patched.json, "status.conditions")).at(-1)?.message).toBe("patched")
    }),
  )

  test(
    "custom resource defaulting for requests and from storage works",
    withServer(async (world) => {
      const a = { type: "string", default: "A" }
      const schema = (properties: JsonObject) => ({ type: "object", properties })
      await world.post(
        crds,
        widgetsCrd({ versions: [versionOf("v1", true, schema({ a, b: { type: "string" } }))] }),
      )
      const base = "/spec/versions/0/schema/openAPIV3Schema/properties"
      const change = (...operations: ReadonlyArray<JsonObject>) =>
        world.patch(`${crds}/widgets.example.com`, "json", operations)
      const made = await world.post(widgets, { ...widget("w"), spec: null })
      expect([made.json.a, made.json.b]).toEqual(["A", undefined])
      await change({ op: "add", path: `${base}/b/default`, value: "B" })
      const read = await world.get(`${widgets}/w`)
      expect([read.json.a, read.json.b]).toEqual(["A", "B"])
      const written = await world.put(`${widgets}/w`, { ...read.json, a: null })
      expect([written.json.a, written.json.b]).toEqual(["A", "B"])
      await change({ op: "remove", path: `${base}/a/default` }, { op: "remove", path: `${base}/b/default` })
      const after = await world.get(`${widgets}/w`)
      expect([after.json.a, after.json.b]).toEqual(["A", "B"])
    }),
  )

  test(
    "should include custom resource definition resources in discovery documents",
    withServer(async (world) => {
      const group = list((await world.get("/apis")).json.groups).find(
        ({ name }) => name === "apiextensions.k8s.io",
      )
      expect(at(group, "versions.0.groupVersion")).toBe("apiextensions.k8s.io/v1")
      const versions = list((await world.get("/apis/apiextensions.k8s.io")).json.versions)
      expect(versions.map(({ version }) => version)).toEqual(["v1"])
      const resources = list((await world.get("/apis/apiextensions.k8s.io/v1")).json.resources)
      expect(resources.map(({ name }) => name)).toContain("customresourcedefinitions")
    }),
  )

  test(
    "an object with conflicting names is not served, and says why",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      const gadgets = widgetsCrd({ names: { plural: "gadgets", kind: "Gadget", shortNames: ["wd"] } })
      const second = await world.post(crds, { ...gadgets, metadata: { name: "gadgets.example.com" } })
      const accepted = list(at(second.json, "status.conditions")).find(({ type }) => type === "NamesAccepted")
      expect([accepted?.status, accepted?.reason]).toEqual(["False", "ShortNamesConflict"])
    }),
  )
})

describe("CustomResourceDefinition selectable fields", () => {
  test(
    "list, watch and deletecollection select by them",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      for (const [name, color] of [
        ["a", "blue"],
        ["b", "red"],
        ["c", "blue"],
      ] as const)
        await world.post(widgets, widget(name, { color }))
      const blue = `${widgets}?fieldSelector=spec.color%3Dblue`
      const names = async () =>
        list((await world.get(blue)).json.items).map((item) => at(item, "metadata.name") as Json)
      expect(await names()).toEqual(["a", "c"])
      const watch = await world.watch(`${blue}&watch=true`)
      expect((await watch.take(2)).map(({ object }) => at(object, "metadata.name"))).toEqual(["a", "c"])
      await world.patch(`${widgets}/a`, "merge", { spec: { color: "red" } })
      expect((await watch.next())?.type).toBe("DELETED")
      watch.close()
      expect((await world.delete(blue)).status).toBe(200)
      expect(await names()).toEqual([])
      expect((await world.get(`${widgets}?fieldSelector=spec.size%3Da`)).status).toBe(400)
    }),
  )

  test.each([
    ["metadata", ".metadata.name"],
    ["an object", ".spec"],
    ["no field", ".spec.size"],
    ["an item of a list", ".spec.list[0]"],
  ] as const)("a selectable field that is %s is refused", (_name, jsonPath) =>
    withServer(async (world) => {
      const refused = await world.post(
        crds,
        widgetsCrd({ versions: [{ ...widgetVersion, selectableFields: [{ jsonPath }] }] }),
      )
      expect([refused.status, at(refused.json, "details.causes.0.field")]).toEqual([
        422,
        "spec.versions[0].selectableFields[0].jsonPath",
      ])
    })(),
  )
})

const withRule = (...rules: ReadonlyArray<JsonObject>): JsonObject => {
  const base = widgetVersion.schema as JsonObject
  const schema = base.openAPIV3Schema as JsonObject
  const properties = schema.properties as JsonObject
  const spec = { ...(properties.spec as JsonObject), "x-kubernetes-validations": rules }
  return {
    ...widgetVersion,
    schema: { openAPIV3Schema: { ...schema, properties: { ...properties, spec } } },
  }
}

describe("CustomResourceValidationRules", () => {
  test(
    "must fail create of a custom resource that does not satisfy the x-kubernetes-validations rules",
    withServer(async (world) => {
      const rule = { rule: "self.replicas < 5", message: "too many" }
      expect((await world.post(crds, widgetsCrd({ versions: [withRule(rule)] }))).status).toBe(201)
      expect((await world.post(widgets, widget("a", { replicas: 4 }))).status).toBe(201)
      const refused = await world.post(widgets, widget("b", { replicas: 5 }))
      expect([refused.status, at(refused.json, "details.causes.0")]).toEqual([
        422,
        { reason: "FieldValueInvalid", message: expect.stringContaining("too many"), field: "spec" },
      ])
    }),
  )

  test(
    "must fail create of a custom resource definition that contains an x-kubernetes-validations rule that refers to a property that do not exist",
    withServer(async (world) => {
      const refused = await world.post(crds, widgetsCrd({ versions: [withRule({ rule: "self.z == 1" })] }))
      expect(refused.status).toBe(422)
      expect(refused.json.message).toContain("undefined field 'z'")
    }),
  )

  test(
    "must fail create of a custom resource definition that contains an x-kubernetes-validations rule that contains a syntax error",
    withServer(async (world) => {
      const refused = await world.post(crds, widgetsCrd({ versions: [withRule({ rule: "self = 42" })] }))
      expect(refused.status).toBe(422)
      expect(refused.json.message).toContain("Syntax error")
    }),
  )

  test(
    "must fail update of a custom resource that does not satisfy a x-kubernetes-validations transition rule",
    withServer(async (world) => {
      const rule = {
        rule: "self.replicas >= oldSelf.replicas",
        reason: "FieldValueForbidden",
        fieldPath: ".replicas",
      }
      await world.post(crds, widgetsCrd({ versions: [withRule(rule)] }))
      await world.post(widgets, widget("a", { replicas: 3 }))
      expect((await world.patch(`${widgets}/a`, "merge", { spec: { replicas: 4 } })).status).toBe(200)
      const refused = await world.patch(`${widgets}/a`, "merge", { spec: { replicas: 1 } })
      expect([
        refused.status,
        at(refused.json, "details.causes.0.field"),
        at(refused.json, "details.causes.0.reason"),
      ]).toEqual([422, "spec.replicas", "FieldValueForbidden"])
    }),
  )

  test(
    "MUST NOT fail to update a resource due to JSONSchema errors on unchanged correlatable fields",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      await world.post(widgets, widget("a", { replicas: 9 }))
      await world.patch(`${crds}/widgets.example.com`, "json", [
        {
          op: "add",
          path: "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/replicas/maximum",
          value: 5,
        },
      ])
      expect((await world.patch(`${widgets}/a`, "merge", { spec: { color: "blue" } })).status).toBe(200)
      expect((await world.patch(`${widgets}/a`, "merge", { spec: { replicas: 8 } })).status).toBe(422)
    }),
  )
})

/** Every schema of custom kinds that OpenAPI v3 publishes. */
const definitionsOf = async (world: World): Promise<JsonObject> => {
  const paths = (await world.get("/openapi/v3")).json.paths as JsonObject
  const all: Record<string, Json> = {}
  for (const path of Object.keys(paths)) {
    if (!/^apis\/(example\.com|other\.org)\//.test(path)) continue
    Object.assign(all, at((await world.get(`/openapi/v3/${path}`)).json, "components.schemas"))
  }
  return all
}

const crdOf = (
  plural: string,
  more: { readonly group?: string; readonly kind?: string; readonly versions: ReadonlyArray<JsonObject> },
): JsonObject => {
  const { group = "example.com", kind = "Widget", versions } = more
  const crd = widgetsCrd({ versions, names: { plural, kind, shortNames: [] } })
  return { ...crd, metadata: { name: `${plural}.${group}` }, spec: { ...(crd.spec as JsonObject), group } }
}

const described = (text: string): JsonObject => ({
  type: "object",
  description: text,
  properties: { spec: { type: "object", properties: { bars: { type: "string", description: "Bars." } } } },
})

describe("CustomResourcePublishOpenAPI", () => {
  test(
    "works for CRD with validation schema",
    withServer(async (world) => {
      await world.post(crds, crdOf("widgets", { versions: [versionOf("v1", true, described("A widget."))] }))
      const definition = (await definitionsOf(world))["com.example.v1.Widget"] as JsonObject
      expect(definition.description).toBe("A widget.")
      expect(at(definition, "properties.spec.properties.bars.description")).toBe("Bars.")
      expect(at(definition, "x-kubernetes-group-version-kind.0.kind")).toBe("Widget")
    }),
  )

  test(
    "works for CRD preserving unknown fields at the schema root",
    withServer(async (world) => {
      await world.post(crds, crdOf("widgets", { versions: [versionOf("v1", true, anything)] }))
      const definition = (await definitionsOf(world))["com.example.v1.Widget"] as JsonObject
      expect(definition["x-kubernetes-group-version-kind"]).toBeDefined()
      expect(
        (await world.post(`${widgets}?fieldValidation=Strict`, { ...widget("a"), unknown: 1 })).json.unknown,
      ).toBe(1)
    }),
  )

  test.each([
    [
      "of different groups",
      [
        crdOf("widgets", { versions: [versionOf("v1", true, described("1"))] }),
        crdOf("widgets", { group: "other.org", versions: [versionOf("v1", true, described("2"))] }),
      ],
      ["com.example.v1.Widget", "org.other.v1.Widget"],
    ],
    [
      "of same group but different versions",
      [
        crdOf("widgets", {
          versions: [versionOf("v1", true, described("1")), versionOf("v2", false, described("2"))],
        }),
      ],
      ["com.example.v1.Widget", "com.example.v2.Widget"],
    ],
    [
      "of same group and version but different kinds",
      [
        crdOf("widgets", { versions: [versionOf("v1", true, described("1"))] }),
        crdOf("gadgets", { kind: "Gadget", versions: [versionOf("v1", true, described("2"))] }),
      ],
      ["com.example.v1.Widget", "com.example.v1.Gadget"],
    ],
  ] as const)("works for multiple CRDs %s", (_name, documents, names) =>
    withServer(async (world) => {
      for (const document of documents) expect((await world.post(crds, document)).status).toBe(201)
      const definitions = await definitionsOf(world)
      expect(names.map((name) => at(definitions[name] as JsonObject, "description"))).toEqual(["1", "2"])
    })(),
  )

  test(
    "updates the published spec when one version gets renamed",
    withServer(async (world) => {
      const versions = [versionOf("v2", true, described("2")), versionOf("v3", false, described("3"))]
      await world.post(crds, crdOf("widgets", { versions }))
      await world.patch(`${crds}/widgets.example.com`, "json", [
        { op: "replace", path: "/spec/versions/1/name", value: "v4" },
      ])
      const definitions = await definitionsOf(world)
      expect(Object.keys(definitions)).toEqual(
        expect.arrayContaining(["com.example.v2.Widget", "com.example.v4.Widget"]),
      )
      expect(definitions["com.example.v3.Widget"]).toBeUndefined()
    }),
  )

  test(
    "removes definition from spec when one version gets changed to not be served",
    withServer(async (world) => {
      const versions = [versionOf("v1", true, described("1")), versionOf("v2", false, described("2"))]
      await world.post(crds, crdOf("widgets", { versions }))
      await world.patch(`${crds}/widgets.example.com`, "json", [
        { op: "replace", path: "/spec/versions/1/served", value: false },
      ])
      const definitions = await definitionsOf(world)
      expect([
        definitions["com.example.v1.Widget"] !== undefined,
        definitions["com.example.v2.Widget"],
      ]).toEqual([true, undefined])
    }),
  )
})

describe("FieldValidation", () => {
  const strict = (path: string) => `${path}?fieldValidation=Strict&fieldManager=m`
  const apply = (world: World, path: string, body: Json | string) =>
    world.send("PATCH", strict(path), { body, headers: { "content-type": "application/apply-patch+yaml" } })

  test(
    "should create/apply a CR with unknown fields for CRD with no validation schema",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd({ versions: [versionOf("v1", true, anything)] }))
      expect((await world.post(strict(widgets), widget("a", { foo: "bar", baz: { x: 1 } }))).status).toBe(201)
      expect((await apply(world, `${widgets}/b`, widget("b", { foo: "bar" }))).status).toBe(201)
    }),
  )

  test(
    "should create/apply a valid CR for CRD with validation schema",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      expect((await world.post(strict(widgets), widget("a", { color: "blue" }))).status).toBe(201)
      expect((await apply(world, `${widgets}/b`, widget("b", { color: "blue" }))).status).toBe(201)
    }),
  )

  test(
    "should create/apply an invalid CR with extra properties for CRD with validation schema",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      const created = await world.post(strict(widgets), widget("a", { extra: 1 }))
      expect([created.status, created.json.message]).toEqual([
        400,
        expect.stringContaining('strict decoding error: unknown field "spec.extra"'),
      ])
      const applied = await apply(world, `${widgets}/b`, widget("b", { extra: 1 }))
      expect(applied.json.message).toContain(".spec.extra: field not declared in schema")
    }),
  )

  test(
    "should detect duplicates in a CR when preserving unknown fields",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd({ versions: [versionOf("v1", true, anything)] }))
      const text =
        '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"foo":"a","foo":"b"}}'
      const refused = await world.post(strict(widgets), text)
      expect([refused.status, refused.json.message]).toEqual([
        400,
        expect.stringContaining('duplicate field "spec.foo"'),
      ])
      const yaml =
        "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: a\nspec:\n  foo: a\n  foo: b\n"
      expect((await apply(world, `${widgets}/a`, yaml)).json.message).toContain(
        'line 7: key "foo" already set in map',
      )
    }),
  )

  test(
    "should detect unknown and duplicate fields of a typed object",
    withServer(async (world) => {
      const text =
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"a","x":"b"},"unknown":1}'
      const refused = await world.post(strict("/api/v1/namespaces/default/configmaps"), text)
      expect(refused.status).toBe(400)
      expect(refused.json.message).toContain('unknown field "unknown"')
      expect(refused.json.message).toContain('duplicate field "data.x"')
    }),
  )

  test(
    "should detect unknown metadata fields in both the root and embedded object of a CR",
    withServer(async (world) => {
      const template = {
        type: "object",
        "x-kubernetes-embedded-resource": true,
        "x-kubernetes-preserve-unknown-fields": true,
      }
      const spec = { type: "object", properties: { template } }
      await world.post(
        crds,
        widgetsCrd({ versions: [versionOf("v1", true, { type: "object", properties: { spec } })] }),
      )
      const embedded = { apiVersion: "v1", kind: "Thing", metadata: { name: "t", unknownSub: 1 } }
      const object = widget("a", { template: embedded }, { unknownMeta: 1 })
      const refused = await world.post(strict(widgets), object)
      expect(refused.json.message).toContain('unknown field "metadata.unknownMeta"')
      expect(refused.json.message).toContain('unknown field "spec.template.metadata.unknownSub"')
      const applied = await apply(world, `${widgets}/a`, object)
      expect(applied.json.message).toContain(".metadata.unknownMeta: field not declared in schema")
      expect(applied.json.message).toContain(
        ".spec.template.metadata.unknownSub: field not declared in schema",
      )
    }),
  )

  test(
    "should detect unknown metadata fields of a typed object",
    withServer(async (world) => {
      const refused = await world.post(strict("/api/v1/namespaces/default/configmaps"), {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a", unknownMeta: "x" },
      })
      expect([refused.status, refused.json.message]).toEqual([
        400,
        expect.stringContaining('unknown field "metadata.unknownMeta"'),
      ])
    }),
  )
})
