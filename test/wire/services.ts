/** Services and EndpointSlices as objects: their defaults and checks (no statement of their own; beside 2.13). */
import { describe, expect } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { at, causesOf } from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const services = "/api/v1/namespaces/default/services"
const slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
const service = (spec: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "s" },
  spec,
})
const slice = (more: JsonObject): JsonObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "s", labels: { "kubernetes.io/service-name": "s" } },
  addressType: "IPv4",
  endpoints: [{ addresses: ["192.0.2.1"], conditions: { ready: true } }],
  ports: [{ name: "http", port: 80 }],
  ...more,
})

export const servicesSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.13 services`, () => {
    statement("2.13 a service has a type, a target for each port, and a status", async (world) => {
      const { status, json } = await world.post(services, service({ ports: [{ port: 80 }] }))
      expect([status, json.spec, json.status]).toEqual([
        201,
        {
          type: "ClusterIP",
          sessionAffinity: "None",
          ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
        },
        { loadBalancer: {} },
      ])
    })

    statement("2.13 what is wrong with a service is told by field", async (world) => {
      const rows: ReadonlyArray<readonly [JsonObject, string]> = [
        [{}, "spec.ports"],
        [{ ports: [{ port: 1 }, { port: 2 }] }, "spec.ports[0].name"],
        [
          {
            ports: [
              { port: 1, name: "a" },
              { port: 2, name: "a" },
            ],
          },
          "spec.ports[1].name",
        ],
        [{ type: "ExternalName" }, "spec.externalName"],
        [{ ports: [{ port: 1 }], clusterIP: "here" }, "spec.clusterIPs[0]"],
        [{ ports: [{ port: 0 }] }, "spec.ports[0].port"],
      ]
      for (const [spec, field] of rows) {
        const answer = await world.post(services, service(spec))
        expect([answer.status, causesOf(answer)[0]?.field], JSON.stringify(spec)).toEqual([422, field])
      }
      expect((await world.post(services, service({ clusterIP: "None" }))).status).toBe(201)
    })

    statement("2.13 an address once given stays", async (world) => {
      await world.post(services, service({ ports: [{ port: 80 }], clusterIP: "192.0.2.7" }))
      const kept = await world.put(`${services}/s`, service({ ports: [{ port: 81 }] }))
      expect(at(kept.json, "spec.clusterIP")).toBe("192.0.2.7")
      expect((await world.patch(`${services}/s`, "merge", { spec: { clusterIP: "192.0.2.8" } })).status).toBe(
        422,
      )
    })

    statement("2.13 a slice keeps its address type, and its addresses are of it", async (world) => {
      const made = await world.post(slices, slice({}))
      expect([made.status, at(made.json, "ports.0.protocol")]).toEqual([201, "TCP"])
      const rows = [
        { addressType: "IPv6" },
        { endpoints: [{ addresses: ["x y"] }] },
        { ports: [{ name: "a" }, { name: "a" }] },
      ]
      for (const change of rows) expect((await world.patch(`${slices}/s`, "merge", change)).status).toBe(422)
    })
  })
}
