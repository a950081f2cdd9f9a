/** Who owns what where a webhook converts between versions: v1 has a color and a size, v2 has the color in its look. */
import { afterEach, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  converted,
  startWebhookServer,
  type WebhookHandler,
  type WebhookServer,
} from "../admission/testing/webhook-server.ts"
import { type Answer, at, crds, type World, widgetsCrd, withServer } from "../test-world.ts"

let open: WebhookServer[] = []
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()))
  open = []
})

const convertOne = (object: JsonObject, apiVersion: string): JsonObject => {
  const { color, look, ...rest } = (object.spec ?? {}) as JsonObject
  if (apiVersion.endsWith("v2"))
    return { ...object, apiVersion, spec: { ...rest, ...(color === undefined ? {} : { look: { color } }) } }
  const inner = at(look, "color")
  return { ...object, apiVersion, spec: { ...rest, ...(inner === undefined ? {} : { color: inner }) } }
}

const convert: WebhookHandler = (review) => {
  const { desiredAPIVersion, objects } = review.request as JsonObject
  const given = objects as unknown as ReadonlyArray<JsonObject>
  return converted(
    review,
    given.map((object) => convertOne(object, String(desiredAPIVersion))),
  )
}

const text = { type: "string" }
const versionOf = (name: string, storage: boolean, properties: JsonObject): JsonObject => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties } } },
  },
})
const versions = [
  versionOf("v1", true, { color: text, size: { type: "integer" } }),
  versionOf("v2", false, {
    look: { type: "object", properties: { color: text } },
    size: { type: "integer" },
  }),
]

const define = async (world: World): Promise<WebhookServer> => {
  const server = await startWebhookServer({ "/convert": convert })
  open.push(server)
  const crd = widgetsCrd({ versions })
  const clientConfig = { url: `${server.url}/convert`, caBundle: server.caBundle }
  const conversion = { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig } }
  const made = await world.post(crds, { ...crd, spec: { ...(crd.spec as JsonObject), conversion } })
  expect(made.status, made.text).toBe(201)
  return server
}

type Version = "v1" | "v2"

const path = (version: Version): string => `/apis/example.com/${version}/namespaces/default/widgets/a`

const apply = (world: World, [manager, version]: readonly [string, Version], spec: JsonObject, more = "") =>
  world.patch(`${path(version)}?fieldManager=${manager}${more}`, "apply", {
    apiVersion: `example.com/${version}`,
    kind: "Widget",
    metadata: { name: "a" },
    spec,
  })

/** `m v1 {fields}` of each manager. */
const owners = ({ json }: Answer): ReadonlyArray<string> =>
  ((at(json, "metadata.managedFields") ?? []) as unknown as ReadonlyArray<JsonObject>)
    .map(({ manager, apiVersion, fieldsV1 }) => {
      const version = String(apiVersion).slice("example.com/".length)
      return `${manager} ${version} ${JSON.stringify(fieldsV1 as Json)}`
    })
    .sort()

test(
  "a field that another owns in another version conflicts, unless the value is the same",
  withServer(async (world) => {
    await define(world)
    await apply(world, ["m", "v1"], { color: "blue" })
    const conflict = await apply(world, ["n", "v2"], { look: { color: "green" } })
    expect([conflict.status, at(conflict.json, "details.causes")]).toEqual([
      409,
      [{ reason: "FieldManagerConflict", message: 'conflict with "m"', field: ".spec.color" }],
    ])
    const shared = await apply(world, ["n", "v2"], { look: { color: "blue" } })
    expect([shared.status, owners(shared)]).toEqual([
      200,
      ['m v1 {"f:spec":{"f:color":{}}}', 'n v2 {"f:spec":{"f:look":{"f:color":{}}}}'],
    ])
    const forced = await apply(world, ["n", "v2"], { look: { color: "green" } }, "&force=true")
    expect([forced.status, owners(forced)]).toEqual([200, ['n v2 {"f:spec":{"f:look":{"f:color":{}}}}']])
  }),
)

test(
  "an update in another version takes what it changes",
  withServer(async (world) => {
    await define(world)
    await apply(world, ["m", "v1"], { color: "blue", size: 1 })
    const body = { spec: { look: { color: "green" } } }
    const changed = await world.patch(`${path("v2")}?fieldManager=u`, "merge", body)
    expect(owners(changed)).toEqual([
      'm v1 {"f:spec":{"f:size":{}}}',
      'u v2 {"f:spec":{"f:look":{"f:color":{}}}}',
    ])
  }),
)

test(
  "an update that changes nothing that is owned elsewhere leaves it",
  withServer(async (world) => {
    await define(world)
    await apply(world, ["m", "v1"], { color: "blue" })
    const changed = await world.patch(`${path("v2")}?fieldManager=u`, "merge", { spec: { size: 2 } })
    expect(owners(changed)).toEqual(['m v1 {"f:spec":{"f:color":{}}}', 'u v2 {"f:spec":{"f:size":{}}}'])
  }),
)

test(
  "an applier that speaks another version lets go of what it names no more, unless another owns it",
  withServer(async (world) => {
    await define(world)
    await apply(world, ["m", "v1"], { color: "blue", size: 1 })
    const moved = await apply(world, ["m", "v2"], { look: { color: "blue" } })
    expect([moved.json.spec, owners(moved)]).toEqual([
      { look: { color: "blue" } },
      ['m v2 {"f:spec":{"f:look":{"f:color":{}}}}'],
    ])
    await apply(world, ["n", "v1"], { color: "blue", size: 3 })
    const dropped = await apply(world, ["m", "v2"], {})
    expect([dropped.json.spec, owners(dropped)]).toEqual([
      { look: { color: "blue" }, size: 3 },
      ['m v2 {"f:spec":{}}', 'n v1 {"f:spec":{"f:color":{},"f:size":{}}}'],
    ])
    const gone = await apply(world, ["n", "v2"], { size: 3 })
    expect(gone.json.spec).toEqual({ size: 3 })
  }),
)

test(
  "an apply that changes nothing keeps the resourceVersion, in whatever version",
  withServer(async (world) => {
    await define(world)
    await apply(world, ["m", "v1"], { color: "blue" })
    const first = await apply(world, ["n", "v2"], { look: { color: "blue" } })
    const again = await apply(world, ["n", "v2"], { look: { color: "blue" } })
    expect(at(again.json, "metadata.resourceVersion")).toBe(at(first.json, "metadata.resourceVersion"))
  }),
)

test(
  "without its webhook an update goes by paths, and an apply is refused",
  withServer(async (world) => {
    const server = await define(world)
    await apply(world, ["m", "v2"], { look: { color: "blue" } })
    await apply(world, ["n", "v2"], { size: 1 })
    await server.close()
    open = []
    const changed = await world.patch(`${path("v1")}?fieldManager=u`, "merge", { spec: { size: 2 } })
    expect([changed.status, owners(changed)]).toEqual([
      200,
      ['m v2 {"f:spec":{"f:look":{"f:color":{}}}}', 'u v1 {"f:spec":{"f:size":{}}}'],
    ])
    const refused = await apply(world, ["k", "v1"], { color: "red" })
    expect([refused.status, refused.json.message]).toEqual([
      500,
      expect.stringContaining("conversion webhook for example.com/"),
    ])
  }),
)
