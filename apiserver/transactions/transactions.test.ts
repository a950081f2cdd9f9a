/** What transactions share with other writes: the audit log, encryption, facades, conversion of what is stored. */
import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { parseAuditPolicy } from "../audit/index.ts"
import { admin, at, configMap, configMaps, type World, withServer } from "../test-world.ts"

const transactions = "/apis/meta.miren.dev/v1alpha1/transactions"
const inDefault = { namespace: "default" }
const settings = (name: string, data: { readonly [key: string]: string } = {}) =>
  configMap(name, data, inDefault)
const secret: JsonObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s", ...inDefault },
  stringData: { password: "hunter2" },
}

const transact = (world: World, objects: ReadonlyArray<JsonObject>, spec: JsonObject = {}, headers = {}) =>
  world.post(
    transactions,
    {
      apiVersion: "meta.miren.dev/v1alpha1",
      kind: "Transaction",
      metadata: {},
      spec: { fieldManager: "t", objects: [...objects], ...spec },
    },
    { headers, user: admin },
  )

/** A server whose audit events are kept. */
const audited = (
  rules: ReadonlyArray<JsonObject>,
  body: (world: World, events: ReadonlyArray<JsonObject>) => Promise<void>,
) => {
  const events: JsonObject[] = []
  const policy = parseAuditPolicy(
    JSON.stringify({
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules,
    }),
  )
  const write = (line: string): void => {
    events.push(JSON.parse(line))
  }
  return withServer((world) => body(world, events), { audit: { policy, write } })
}

/** The end of a request is written just after its answer has gone. */
const written = () => new Promise((resolve) => setImmediate(resolve))

const summary = (event: JsonObject): string =>
  [event.verb, at(event, "objectRef.resource"), at(event, "objectRef.name"), at(event, "responseStatus.code")]
    .filter((part) => part !== undefined)
    .join(" ")

test(
  "each object is an event of the audit log of its own, with the id of the request and what it would have been answered",
  audited([{ level: "Request" }], async (world, events) => {
    await world.post(configMaps, configMap("old"))
    await transact(world, [settings("gone")], { prune: "app" })
    await written()
    const from = events.length
    const { headers } = await transact(world, [settings("old", { k: "v" }), settings("new")], {
      prune: "app",
    })
    await written()
    const told = events.slice(from)
    expect(told.map(summary)).toEqual([
      "patch configmaps old 200",
      "patch configmaps new 201",
      "delete configmaps gone 200",
      "create transactions 201",
    ])
    expect(new Set(told.map((event) => event.auditID))).toEqual(new Set([headers["audit-id"]]))
    expect(told[0]?.requestURI).toBe("/api/v1/namespaces/default/configmaps/old?fieldManager=t")
    expect(at(told[0], "requestObject.data.k")).toBe("v")
  }),
)

test(
  "of a refused transaction the refusals are told, each under its own code, and nothing as done",
  audited([{ level: "Metadata" }], async (world, events) => {
    await transact(world, [settings("fine"), settings("Bad Name"), { ...settings("x"), kind: "Nothing" }])
    await written()
    expect(events.map(summary)).toEqual(["patch configmaps Bad Name 422", "create transactions 422"])
  }),
)

test(
  "nothing of a Secret in a transaction is written, and of another object only what its own rule says",
  audited(
    [
      { level: "None", resources: [{ group: "meta.miren.dev", resources: ["transactions"] }] },
      { level: "RequestResponse" },
    ],
    async (world, events) => {
      await transact(world, [settings("a", { k: "shown" }), secret])
      await written()
      expect(events.map(summary)).toEqual(["patch configmaps a 201", "patch secrets s 201"])
      expect(JSON.stringify(events)).toContain("shown")
      expect(JSON.stringify(events)).not.toContain("hunter2")
    },
  ),
)

test(
  "a rule for everything writes no objects of a transaction twice: its own body is not written",
  audited([{ level: "RequestResponse" }], async (world, events) => {
    await transact(world, [secret, settings("a", { k: "shown" })])
    await written()
    expect(events.at(-1)?.level).toBe("Metadata")
    expect(JSON.stringify(events)).not.toContain("hunter2")
    expect(JSON.stringify(events.at(-1))).not.toContain("shown")
  }),
)

test(
  "an object is told as done by the user who asked, and by whom they acted as",
  audited([{ level: "Metadata" }], async (world, events) => {
    await transact(
      world,
      [settings("a")],
      {},
      { "impersonate-user": "eve", "impersonate-group": "system:masters" },
    )
    await written()
    expect(
      events.map((event) => [at(event, "user.username"), at(event, "impersonatedUser.username")]),
    ).toEqual([
      ["admin", "eve"],
      ["admin", "eve"],
    ])
  }),
)

test(
  "Secrets are sealed as by any write, and read back",
  withServer(
    async (world) => {
      await transact(world, [settings("a", { k: "plain" }), secret])
      const sealed = await world.store.get("/registry/core/secrets/default/s")
      expect(Buffer.from(sealed.kv?.value ?? []).toString()).toMatch(/^sealed:/)
      const plain = await world.store.get("/registry/core/configmaps/default/a")
      expect(Buffer.from(plain.kv?.value ?? []).toString()).toContain("plain")
      const { json } = await world.get("/api/v1/namespaces/default/secrets/s")
      expect(at(json, "data.password")).toBe(Buffer.from("hunter2").toString("base64"))
      const again = await transact(world, [settings("a", { k: "plain" }), secret])
      expect(JSON.stringify(again.json)).toMatch(/unchanged.*unchanged/)
    },
    {
      encryptValue: (_key, value) => Buffer.from(`sealed:${Buffer.from(value).toString("base64")}`),
      decryptValue: (_key, value) =>
        Buffer.from(Buffer.from(value).toString().slice("sealed:".length), "base64"),
    },
  ),
)

const pod = (name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...inDefault },
  spec: { containers: [{ name: "c", image: "i" }] },
})

test(
  "a Pod in a transaction is the Sandbox that it would be by itself, and is not pruned as one",
  withServer(async (world) => {
    const sandboxes = "/apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes"
    const first = await transact(world, [pod("a"), settings("c")], { prune: "app" })
    expect(first.status, first.text).toBe(201)
    const { json } = await world.get(`${sandboxes}/a`)
    const [told] = (at(first.json, "status.objects") ?? []) as unknown as ReadonlyArray<JsonObject>
    expect([told?.kind, told?.uid, told?.resourceVersion]).toEqual([
      "Pod",
      at(json, "metadata.uid"),
      at(json, "metadata.resourceVersion"),
    ])
    const again = await transact(world, [pod("a"), settings("c")], { prune: "app" })
    expect(JSON.stringify(again.json)).toMatch(/"Pod".*unchanged.*"ConfigMap".*unchanged/)
    const both = await transact(world, [pod("a"), { ...json, metadata: { name: "a", ...inDefault } }])
    expect(at(both.json, "details.causes.0.reason")).toBe("FieldValueDuplicate")
    const without = await transact(world, [settings("c")], { prune: "app" })
    expect(JSON.stringify(without.json)).toMatch(/"Sandbox".*pruned/)
  }),
)

test(
  "a write right after it rests on it, though the cache has not heard of it",
  withServer(async (world) => {
    await transact(world, [settings("a"), settings("b")])
    for (const name of ["a", "b"]) {
      const { status } = await world.patch(`${configMaps}/${name}`, "merge", { data: { k: "v" } })
      expect(status).toBe(200)
    }
  }),
)

test.each([
  { name: "\ud800", namespace: "default" },
  { name: "a", namespace: "\ud800" },
  { name: "a\0", namespace: "default" },
])("an object whose name is no well-formed text is refused, and nothing is written: %j", (metadata) =>
  withServer(async (world) => {
    const before = (await world.store.get("/registry/~")).revision
    const object: JsonObject = { apiVersion: "v1", kind: "ConfigMap", metadata }
    const refused = await transact(world, [settings("b"), object])
    expect([404, 422]).toContain(refused.status)
    expect(refused.json.message).toContain("nothing was written")
    expect((await world.store.get("/registry/~")).revision).toBe(before)
  })(),
)
