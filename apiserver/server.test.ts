import { expect, test } from "vitest"
import {
  admin,
  at,
  configMap,
  configMaps,
  crds,
  widget,
  widgets,
  widgetsCrd,
  withServer,
} from "./test-world.ts"

test(
  "a created object comes back from get, list and watch as the same bytes",
  withServer(async (world) => {
    const created = await world.post(configMaps, configMap("a", { k: "v" }, { labels: { app: "x" } }))
    expect(created.status).toBe(201)
    const got = await world.get(`${configMaps}/a`)
    expect(got.text).toBe(created.text)
    const listed = await world.get(configMaps)
    expect(listed.text).toContain(created.text)
    const watch = await world.watch(`${configMaps}?watch=true`)
    const event = await watch.next()
    expect(event).toEqual({ type: "ADDED", object: created.json })
  }),
)

test(
  "create sets what only the server decides, and keeps the rest",
  withServer(async (world) => {
    const { json } = await world.post(
      configMaps,
      configMap(
        "a",
        { k: "v" },
        {
          uid: "mine",
          creationTimestamp: "1999-01-01T00:00:00Z",
          deletionTimestamp: "1999-01-01T00:00:00Z",
          annotations: { note: "kept" },
        },
      ),
    )
    expect(at(json, "metadata.uid")).toMatch(/^00000000-/)
    expect(at(json, "metadata.creationTimestamp")).toBe("2030-01-01T00:00:00Z")
    expect(at(json, "metadata.deletionTimestamp")).toBeUndefined()
    expect(at(json, "metadata.namespace")).toBe("default")
    expect(at(json, "metadata.annotations.note")).toBe("kept")
    expect(at(json, "metadata.managedFields.0.operation")).toBe("Update")
  }),
)

test(
  "every answer has an Audit-Id",
  withServer(async (world) => {
    expect((await world.get(configMaps)).headers["audit-id"]).toMatch(/^00000000-/)
    expect((await world.get("/nowhere")).headers["audit-id"]).toMatch(/^00000000-/)
  }),
)

test.each([
  ["a name that is taken", configMap("taken"), 409, "AlreadyExists"],
  ["a resourceVersion", configMap("b", {}, { resourceVersion: "1" }), 400, "BadRequest"],
  ["another apiVersion", { ...configMap("b"), apiVersion: "v2" }, 400, "BadRequest"],
  ["another kind", { ...configMap("b"), kind: "Secret" }, 400, "BadRequest"],
  ["another namespace", configMap("b", {}, { namespace: "other" }), 400, "BadRequest"],
  ["no name", { apiVersion: "v1", kind: "ConfigMap", metadata: {} }, 422, "Invalid"],
  ["no metadata at all", { apiVersion: "v1", kind: "ConfigMap" }, 422, "Invalid"],
  ["metadata of another type", { apiVersion: "v1", kind: "ConfigMap", metadata: 5 }, 400, "BadRequest"],
  ["a name that is no DNS name", configMap("Not_A_Name"), 422, "Invalid"],
  ["labels that are no strings", configMap("b", {}, { labels: { a: 1 } }), 422, "Invalid"],
  [
    "two controllers",
    configMap(
      "b",
      {},
      {
        ownerReferences: [1, 2].map((n) => ({
          apiVersion: "v1",
          kind: "X",
          name: `n${n}`,
          uid: `u${n}`,
          controller: true,
        })),
      },
    ),
    422,
    "Invalid",
  ],
  ["a list", [1], 400, "BadRequest"],
  ["text that is no JSON", "{nope", 400, "BadRequest"],
  ["nothing", "", 400, "BadRequest"],
] as const)("a create with %s is refused", (_name, body, status, reason) =>
  withServer(async (world) => {
    await world.post(configMaps, configMap("taken"))
    const answer = await world.post(configMaps, body as never)
    expect([answer.status, answer.json.reason]).toEqual([status, reason])
  })(),
)

test(
  "an invalid object names its fields as causes, and the kind",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const answer = await world.post(widgets, widget("w", { replicas: -1, color: 5 }))
    expect(answer.status).toBe(422)
    expect(at(answer.json, "details.kind")).toBe("Widget")
    expect(at(answer.json, "details.group")).toBe("example.com")
    const causes = answer.json.details as unknown as { causes: ReadonlyArray<{ field: string }> }
    expect(causes.causes.map((cause) => cause.field).sort()).toEqual(["spec.color", "spec.replicas"])
    expect(String(answer.json.message)).toMatch(/^Widget\.example\.com "w" is invalid: \[spec\./)
  }),
)

test(
  "generateName makes a name, and says so when every one is taken",
  withServer(async (world) => {
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "g-" } }
    const first = await world.post(configMaps, body)
    expect(at(first.json, "metadata.name")).toMatch(/^g-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    const second = await world.post(configMaps, body)
    expect([second.status, second.json.reason]).toEqual([409, "AlreadyExists"])
    expect(at(second.json, "details.retryAfterSeconds")).toBe(1)
  }),
)

test(
  "a dry run answers as the write would, and stores nothing",
  withServer(async (world) => {
    const created = await world.post(`${configMaps}?dryRun=All`, configMap("a", { k: "v" }))
    expect([created.status, at(created.json, "metadata.resourceVersion")]).toEqual([201, undefined])
    expect((await world.get(`${configMaps}/a`)).status).toBe(404)
    await world.post(configMaps, configMap("a", { k: "v" }))
    const patched = await world.patch(`${configMaps}/a?dryRun=All`, "merge", { data: { k: "w" } })
    expect(at(patched.json, "data.k")).toBe("w")
    expect((await world.delete(`${configMaps}/a`, { dryRun: ["All"] })).status).toBe(200)
    expect(at((await world.get(`${configMaps}/a`)).json, "data.k")).toBe("v")
    const odd = await world.post(`${configMaps}?dryRun=Some`, configMap("b"))
    expect([odd.status, at(odd.json, "details.causes.0.field")]).toEqual([422, "dryRun"])
  }),
)

test(
  "unknown and duplicate fields are refused, warned of or ignored as asked",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const body = (name: string) =>
      `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"${name}","odd":1},"spec":{"color":"a","junk":1,"color":"b"}}`
    const strict = await world.post(`${widgets}?fieldValidation=Strict`, body("a"))
    expect([strict.status, strict.json.reason]).toEqual([400, "BadRequest"])
    for (const part of [
      'unknown field "spec.junk"',
      'unknown field "metadata.odd"',
      'duplicate field "spec.color"',
    ]) {
      expect(strict.json.message).toContain(part)
    }
    const warned = await world.post(`${widgets}?fieldValidation=Warn`, body("b"))
    expect(warned.status).toBe(201)
    expect(warned.headers.warning).toContain('299 - "unknown field \\"spec.junk\\""')
    expect(at(warned.json, "spec.junk")).toBeUndefined()
    const ignored = await world.post(`${widgets}?fieldValidation=Ignore`, body("c"))
    expect([ignored.status, ignored.headers.warning]).toEqual([201, undefined])
    const odd = await world.post(`${widgets}?fieldValidation=Sometimes`, body("d"))
    expect(odd.status).toBe(422)
  }),
)

test(
  "YAML bodies are taken, other media types are not",
  withServer(async (world) => {
    const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: y\ndata:\n  k: v\n"
    const taken = await world.post(configMaps, yaml, { headers: { "content-type": "application/yaml" } })
    expect([taken.status, at(taken.json, "data.k")]).toEqual([201, "v"])
    for (const type of ["text/plain", "application/cbor"]) {
      const refused = await world.post(configMaps, yaml, { headers: { "content-type": type } })
      expect([refused.status, refused.json.reason]).toEqual([415, "UnsupportedMediaType"])
    }
  }),
)

test(
  "a body that is too large or too deep is refused",
  withServer(async (world) => {
    const large = await world.post(configMaps, configMap("a", { k: "x".repeat(3 * 1024 * 1024) }))
    expect([large.status, large.json.reason]).toEqual([413, "RequestEntityTooLarge"])
    const deep = await world.post(configMaps, `${"[".repeat(100_000)}${"]".repeat(100_000)}`)
    expect([deep.status, deep.json.reason]).toEqual([400, "BadRequest"])
    const prototype = await world.post(
      configMaps,
      `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":"x"}}`,
    )
    expect([prototype.status, prototype.json.reason]).toEqual([400, "BadRequest"])
  }),
)

test(
  "secrets take stringData and give data, keep their type, and freeze when immutable",
  withServer(async (world) => {
    const secrets = "/api/v1/namespaces/default/secrets"
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { p: "word" } }
    const { json } = await world.post(secrets, secret)
    expect([at(json, "data.p"), json.stringData, json.type]).toEqual(["d29yZA==", undefined, "Opaque"])
    expect((await world.patch(`${secrets}/s`, "merge", { type: "other" })).status).toBe(422)
    expect((await world.patch(`${secrets}/s`, "merge", { data: { p: "not base64!" } })).status).toBe(422)
    await world.patch(`${secrets}/s`, "merge", { immutable: true })
    expect((await world.patch(`${secrets}/s`, "merge", { stringData: { p: "new" } })).status).toBe(422)
    expect((await world.patch(`${secrets}/s`, "merge", { metadata: { labels: { a: "b" } } })).status).toBe(
      200,
    )
  }),
)

test(
  "repeated owner references become one, and a finalizer without a domain is warned of",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u" }
    const made = await world.post(
      widgets,
      widget("w", {}, { ownerReferences: [owner, owner], finalizers: ["hold"] }),
    )
    expect(at(made.json, "metadata.ownerReferences")).toEqual([owner])
    expect(made.headers.warning).toContain("duplicate entries")
    expect(made.headers.warning).toContain("prefer a domain-qualified finalizer name")
    const again = await world.patch(`${widgets}/w`, "merge", { spec: { color: "blue" } })
    expect(again.headers.warning).toBeUndefined()
  }),
)

test(
  "secrets are stored sealed, and served in clear; nothing else is",
  withServer(
    async (world) => {
      const secrets = "/api/v1/namespaces/default/secrets"
      await world.post(secrets, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "s" },
        stringData: { p: "w" },
      })
      await world.post(configMaps, configMap("a", { k: "v" }))
      const stored = async (key: string) =>
        Buffer.from((await world.store.get(key)).kv?.value ?? []).toString()
      expect(await stored("/registry/core/secrets/default/s")).toMatch(/^sealed:[A-Za-z0-9+/=]+$/)
      expect(await stored("/registry/core/configmaps/default/a")).toContain('"k":"v"')
      expect(at((await world.get(`${secrets}/s`)).json, "data.p")).toBe("dw==")
      const patched = await world.patch(`${secrets}/s`, "merge", { data: { q: "dw==" } })
      expect(Object.keys(patched.json.data as object)).toEqual(["p", "q"])
      expect(at((await world.get(secrets)).json, "items.0.data.q")).toBe("dw==")
    },
    {
      encryptValue: (_key, value) => Buffer.from(`sealed:${Buffer.from(value).toString("base64")}`),
      decryptValue: (_key, value) =>
        Buffer.from(Buffer.from(value).toString().slice("sealed:".length), "base64"),
    },
  ),
)

test("a defect in a request is answered without details, and the next request is served", async () => {
  await withServer(
    async (world) => {
      const failed = await world.get("/api/v1/namespaces", { user: { name: "u", groups: [] } })
      expect([failed.status, failed.json.reason]).toEqual([500, "InternalError"])
      expect(failed.text).not.toContain("a secret detail")
      expect((await world.get("/api/v1/namespaces", { user: admin })).status).toBe(200)
    },
    {
      authorize: {
        authorize: ({ user }) => {
          if (user.name === "u") throw new Error("a secret detail")
          return { allowed: true }
        },
      },
    },
  )()
})
