import { afterEach, expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { configMap, configMaps, withServer } from "../test-world.ts"
import {
  allow,
  startWebhookServer,
  validatingConfiguration,
  validatingConfigurations,
  type WebhookServer,
  webhook,
} from "./testing/webhook-server.ts"

let open: WebhookServer[] = []
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()))
  open = []
})

const slice = (name: string, port: number, ready: boolean): JsonObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name, labels: { "kubernetes.io/service-name": "hook" } },
  addressType: "IPv4",
  ports: [{ name: "https", port }],
  endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready } }],
})

const slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"

const service = (spec: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "hook" },
  spec,
})

const ports = (port: number) => [{ name: "https", port, protocol: "TCP" }]

test.each([
  [
    "another host that it names",
    (port: number) => ({ type: "ExternalName", externalName: "127.0.0.1", ports: ports(port) }),
    false,
  ],
  ["a ready endpoint", () => ({ ports: ports(443) }), true],
] as const)("a webhook behind a Service is reached at %s", (_name, spec, bySlice) =>
  withServer(async (world) => {
    const server = await startWebhookServer({ "/ask": allow }, ["hook.default.svc"])
    open.push(server)
    const made = await world.post("/api/v1/namespaces/default/services", service(spec(server.port)))
    expect(made.json.message).toBeUndefined()
    if (bySlice) {
      await world.post(slices, slice("a", 1, false))
      await world.post(slices, slice("b", server.port, true))
    }
    const clientConfig = {
      service: { namespace: "default", name: "hook", path: "/ask", port: bySlice ? 443 : server.port },
      caBundle: server.caBundle,
    }
    const hook = webhook({ server, path: "/ask", more: { clientConfig } })
    await world.post(validatingConfigurations, validatingConfiguration("c", hook))
    expect((await world.post(configMaps, configMap("a"))).json.message).toBeUndefined()
    expect(server.asked).toHaveLength(1)
  })(),
)

test(
  "a Service without an address is a call that failed",
  withServer(async (world) => {
    await world.post("/api/v1/namespaces/default/services", service({ clusterIP: "None", ports: ports(443) }))
    const clientConfig = { service: { namespace: "default", name: "hook" }, caBundle: "" }
    const hook = webhook({ server: { url: "", caBundle: "" }, path: "/", more: { clientConfig } })
    expect((await world.post(validatingConfigurations, validatingConfiguration("c", hook))).status).toBe(201)
    const refused = await world.post(configMaps, configMap("a"))
    expect([refused.status, refused.json.reason]).toEqual([500, "InternalError"])
  }),
)
