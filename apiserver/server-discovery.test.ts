import { expect, test } from "vitest"
import { at, configMaps, crds, widgetsCrd, withServer } from "./test-world.ts"

const v2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
const v2beta1 = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

test(
  "aggregated discovery is given in the version that is asked for, the legacy documents to all others",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const aggregated = await world.get("/apis?timeout=32s", {
      headers: { accept: `${v2},${v2beta1},application/json` },
    })
    expect(aggregated.headers["content-type"]).toBe(v2)
    expect([aggregated.json.kind, aggregated.json.apiVersion]).toEqual([
      "APIGroupDiscoveryList",
      "apidiscovery.k8s.io/v2",
    ])
    expect(aggregated.text).toContain('"resource":"widgets"')
    const core = await world.get("/api", { headers: { accept: v2 } })
    expect(core.text).toContain('"resource":"configmaps"')
    const older = await world.get("/apis", { headers: { accept: `${v2beta1},application/json` } })
    expect([older.headers["content-type"], older.json.apiVersion]).toEqual([
      v2beta1,
      "apidiscovery.k8s.io/v2beta1",
    ])
    expect(older.json.items).toEqual(aggregated.json.items)
    const v3 = v2.replace("v=v2;", "v=v3;")
    const legacy = await world.get("/apis", { headers: { accept: `${v3},application/json` } })
    expect(legacy.json.kind).toBe("APIGroupList")
    expect((await world.get("/apis", { headers: { accept: v3 } })).status).toBe(406)
    expect((await world.get("/api")).json.versions).toEqual(["v1"])
  }),
)

test(
  "legacy documents name resources, subresources and verbs",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const { json } = await world.get("/apis/example.com/v1")
    const names = (
      json.resources as unknown as ReadonlyArray<{ name: string; kind: string; group?: string }>
    ).map(({ name, kind, group = "" }) => `${name} ${kind} ${group}`)
    expect(names).toEqual(["widgets Widget ", "widgets/status Widget ", "widgets/scale Scale autoscaling"])
    expect(at((await world.get("/apis/example.com")).json, "preferredVersion.version")).toBe("v1")
    expect((await world.get("/apis/none.example.com")).status).toBe(404)
    expect((await world.get("/apis/example.com/v9")).status).toBe(404)
  }),
)

test(
  "documents have an ETag, and 304 answers who has them",
  withServer(async (world) => {
    for (const path of ["/apis", "/openapi/v3", "/openapi/v3/api/v1", "/openapi/v2"]) {
      const first = await world.get(path)
      const again = await world.get(path, { headers: { "if-none-match": first.headers.etag ?? "" } })
      expect([first.status, again.status, again.text]).toEqual([200, 304, ""])
    }
    const before = (await world.get("/apis")).headers.etag
    await world.post(crds, widgetsCrd())
    expect((await world.get("/apis")).headers.etag).not.toBe(before)
  }),
)

test(
  "OpenAPI v3 lists a document for each group version, and v2 is protobuf",
  withServer(async (world) => {
    const index = await world.get("/openapi/v3")
    const url =
      (index.json.paths as unknown as Record<string, { serverRelativeURL: string }>)["api/v1"]
        ?.serverRelativeURL ?? ""
    expect(url).toMatch(/^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{64}$/)
    expect((await world.get(url)).json.openapi).toBe("3.0.0")
    const old = await world.get("/openapi/v2", {
      headers: { accept: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf" },
    })
    expect(old.headers["content-type"]).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf")
    expect((await world.get("/openapi/v3/apis/none.example.com/v1")).status).toBe(404)
  }),
)

test(
  "health is told to anybody, in words to who asks",
  withServer(async (world) => {
    const nobody = { name: "system:anonymous", groups: ["system:unauthenticated"] }
    for (const path of ["/healthz", "/livez", "/readyz", "/readyz/store"]) {
      const { status, text, headers } = await world.get(path, { user: nobody })
      expect([status, text, headers["content-type"]]).toEqual([200, "ok", "text/plain; charset=utf-8"])
    }
    const verbose = await world.get("/readyz?verbose=&exclude=store")
    expect(verbose.text).toBe("[+]ping ok\n[+]informer-sync ok\nreadyz check passed\n")
    expect((await world.get("/readyz/none")).status).toBe(404)
    expect((await world.get("/version", { user: nobody })).json).toMatchObject({ major: "1", minor: "33" })
  }),
)

test(
  "who is not known may do nothing else, and who is not allowed is told what",
  withServer(async (world) => {
    const anonymous = await world.get(configMaps, {
      user: { name: "system:anonymous", groups: ["system:unauthenticated"] },
    })
    expect([anonymous.status, anonymous.json.reason]).toEqual([401, "Unauthorized"])
    const user = { name: "jane", groups: ["system:authenticated"] }
    const refused = await world.get(`${configMaps}/a`, { user })
    expect([refused.status, refused.json.message]).toEqual([
      403,
      'configmaps "a" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "default"',
    ])
    const cluster = await world.get(`${crds}/x/status`, { user })
    expect(cluster.json.message).toBe(
      'customresourcedefinitions.apiextensions.k8s.io "x" is forbidden: User "jane" cannot get resource ' +
        '"customresourcedefinitions/status" in API group "apiextensions.k8s.io" at the cluster scope',
    )
    expect((await world.get("/apis", { user })).status).toBe(200)
    expect((await world.get("/openapi/v3", { user })).status).toBe(200)
    expect((await world.get("/metrics", { user })).status).toBe(403)
  }),
)

test(
  "only masters act as others, and then they are the others",
  withServer(async (world) => {
    const headers = { "impersonate-user": "jane", "impersonate-group": "dev" }
    expect((await world.get(configMaps, { headers })).json.message).toContain(
      'User "jane" cannot list resource',
    )
    const refused = await world.get("/apis", {
      headers,
      user: { name: "joe", groups: ["system:authenticated"] },
    })
    expect([refused.status, refused.json.message]).toEqual([
      403,
      'users "jane" is forbidden: User "joe" cannot impersonate resource "users" in API group "" at the cluster scope',
    ])
    const masters = await world.get(configMaps, {
      headers: { ...headers, "impersonate-group": "system:masters" },
    })
    expect(masters.status).toBe(200)
  }),
)

test(
  "unknown paths and methods are refused",
  withServer(async (world) => {
    expect((await world.get("/nowhere")).status).toBe(404)
    expect((await world.get("/api/v1/nowhere")).status).toBe(404)
    expect((await world.get("/api/v1/namespaces/default/configmaps/a/odd")).status).toBe(404)
    expect((await world.put(configMaps, {})).status).toBe(405)
    expect((await world.post(`${configMaps}/a`, {})).status).toBe(405)
    expect((await world.send("OPTIONS" as "GET", configMaps)).json.reason).toBe("MethodNotAllowed")
  }),
)

test(
  "requests are counted by verb, resource and code",
  withServer(async (world) => {
    await world.get(configMaps)
    await world.get("/api/v1/namespaces/default/made-up")
    await world.get("/api/v1/made-up", { user: { name: "system:anonymous", groups: [] } })
    await world.get(`${configMaps}/a/made-up`)
    const { text } = await world.get("/metrics")
    expect(text).toContain(
      'apiserver_request_total{verb="LIST",group="",version="v1",resource="configmaps",subresource="",scope="namespace",code="200"} 1',
    )
    expect(text).not.toContain("made-up")
    expect(text).toMatch(/apiserver_request_duration_seconds_count\{verb="LIST",[^}]*\} 1/)
  }),
)
