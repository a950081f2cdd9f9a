import fc from "fast-check"
import { expect, test } from "vitest"
import type { Json } from "../schemas/index.ts"
import {
  configMap,
  configMaps,
  crds,
  type World,
  widget,
  widgets,
  widgetsCrd,
  withServer,
} from "./test-world.ts"

const parts = fc.constantFrom(
  "api",
  "apis",
  "v1",
  "namespaces",
  "default",
  "configmaps",
  "a",
  "status",
  "scale",
  "watch",
  "example.com",
  "widgets",
  "..",
  ".",
  "%00",
  "%2e%2e",
  "%2F",
  "__proto__",
  "constructor",
  "",
  "finalize",
  "openapi",
  "v3",
  "v2",
  "x y",
  "é",
  "\u0000",
)
const queries = fc.constantFrom(
  "watch=true&timeoutSeconds=1",
  "limit=-1",
  "limit=1&continue=AAAA",
  "labelSelector=%zz",
  "labelSelector=a in (",
  "fieldSelector=,,,=",
  "resourceVersion=18446744073709551616",
  "resourceVersion=-1",
  "dryRun=All",
  "dryRun=All&dryRun=x",
  "fieldManager=%01",
  "pretty=1",
  "fieldValidation=Strict",
  "includeObject=x",
  "force=true",
  "__proto__=1",
  "timeoutSeconds=1e9",
  "",
)
const methods = fc.constantFrom(
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "",
  "get",
)
const types = fc.constantFrom(
  "application/json",
  "application/yaml",
  "application/merge-patch+json",
  "application/json-patch+json",
  "application/apply-patch+yaml",
  "application/strategic-merge-patch+json",
  "application/vnd.kubernetes.protobuf",
  "\u0000",
  "",
)
const accepts = fc.constantFrom(
  "application/json",
  "application/yaml",
  "*/*",
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  ";;;,,,q=;",
  "application/vnd.kubernetes.protobuf",
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
)
const objects = fc.oneof(
  fc.constant<unknown>(configMap("a", { k: "v" })),
  fc.constant<unknown>(widget("w", { color: "blue" })),
  fc.constant<unknown>(widgetsCrd()),
  fc.constant<unknown>([{ op: "add", path: "/data", value: null }]),
  fc.constant<unknown>({ kind: "DeleteOptions", preconditions: 5 }),
)

/** A document with one part replaced by anything. */
const damaged = fc.tuple(objects, fc.nat(40), fc.jsonValue()).map(([object, index, value]) => {
  const copy: unknown = structuredClone(object)
  const places: Array<readonly [Record<string, unknown>, string]> = []
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key])
      walk((node as Record<string, unknown>)[key])
    }
  }
  walk(copy)
  const place = places[index % Math.max(places.length, 1)]
  if (place !== undefined) place[0][place[1]] = value
  return JSON.stringify(copy)
})
const bodies = fc.oneof(
  fc.string(),
  fc.json(),
  damaged,
  damaged,
  fc.constant("{"),
  fc.constant("a: &a [*a]"),
  fc.constant(""),
)

const known = fc.constantFrom(
  configMaps,
  `${configMaps}/a`,
  widgets,
  `${widgets}/w`,
  `${widgets}/w/status`,
  `${widgets}/w/scale`,
  crds,
  `${crds}/widgets.example.com`,
  "/api/v1/namespaces",
  "/api/v1/namespaces/t/finalize",
)
const paths = fc.oneof(
  known,
  known,
  fc.array(parts, { maxLength: 9 }).map((all) => `/${all.join("/")}`),
  fc.string(),
)

/** What earlier runs may have deleted. */
const fill = async (world: World): Promise<void> => {
  await world.post(crds, widgetsCrd())
  await world.post(configMaps, configMap("a"))
  await world.post(widgets, widget("w"))
}

const check = (world: World) =>
  fc.asyncProperty(
    methods,
    paths,
    queries,
    types,
    accepts,
    bodies,
    async (method, path, query, type, accept, body) => {
      await fill(world)
      const url = query === "" ? path : `${path}?${query}`
      const answering = world.send(method as "GET", url, {
        body: body as Json,
        headers: { "content-type": type, accept },
      })
      const ticking = setInterval(() => world.ambient.advance(5_000), 1)
      try {
        const { status } = await answering
        expect(status).toBeGreaterThanOrEqual(200)
        expect(status).not.toBe(500)
      } finally {
        clearInterval(ticking)
      }
    },
  )

test(
  "nothing that a client sends is a defect, or ends the server",
  withServer(async (world) => {
    await fc.assert(check(world), { numRuns: 1_500 })
    expect((await world.get("/api/v1/namespaces")).status).toBe(200)
  }),
  60_000,
)
