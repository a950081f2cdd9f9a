/** Admission and conversion as an unmodified kubectl meets them: webhooks and policies of a real server over a real store. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import {
  converted,
  deny,
  patch,
  startWebhookServer,
  type WebhookServer,
} from "../../apiserver/admission/testing/webhook-server.ts"
import type { JsonObject } from "../../schemas/index.ts"
import { endToEnd, type System, startSystem, worlds } from "../kit/system.ts"

/** v1 has an address, v2 a host and a port. */
const convertOne = (object: JsonObject, apiVersion: string): JsonObject => {
  const { address, host, port } = (object.spec ?? {}) as JsonObject
  if (apiVersion.endsWith("v1")) return { ...object, apiVersion, spec: { address: `${host}:${port}` } }
  const [left = "", right = ""] = String(address).split(":")
  return { ...object, apiVersion, spec: { host: left, port: right } }
}

const handlers = {
  "/add": patch({ op: "add", path: "/data/hooked", value: "yes" }),
  "/no": deny({ message: "not today" }),
  "/convert": (review: JsonObject) => {
    const { desiredAPIVersion, objects } = review.request as JsonObject
    const given = objects as unknown as ReadonlyArray<JsonObject>
    return converted(
      review,
      given.map((object) => convertOne(object, String(desiredAPIVersion))),
    )
  },
}

const configuration = (
  kind: "Mutating" | "Validating",
  path: string,
  rest: string,
  server: WebhookServer,
) => `
apiVersion: admissionregistration.k8s.io/v1
kind: ${kind}WebhookConfiguration
metadata: {name: ${kind.toLowerCase()}}
webhooks:
- name: ${kind.toLowerCase()}.example.com
  clientConfig: {url: "${server.url}${path}", caBundle: ${server.caBundle}}
  rules: [{apiGroups: [""], apiVersions: [v1], resources: [configmaps], ${rest}}]
  matchConditions: [{name: mine, expression: "object == null || object.metadata.name != 'left-alone'"}]
  sideEffects: None
  admissionReviewVersions: [v1]
`

const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: names}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  validations: [{expression: "object.metadata.name != 'bad'", message: no bad names}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: names}
spec: {policyName: names, validationActions: [Deny]}
`

const endpoints = (server: WebhookServer, storage: "v1" | "v2"): string => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: endpoints.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: endpoints, kind: Endpoint}
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1]
      clientConfig: {url: "${server.url}/convert", caBundle: ${server.caBundle}}
  versions:
  - name: v1
    served: true
    storage: ${storage === "v1"}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {address: {type: string, maxLength: 100}}
            x-kubernetes-validations: [{rule: "self.address.contains(':')", message: must name a port}]
  - name: v2
    served: true
    storage: ${storage === "v2"}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {host: {type: string}, port: {type: string}}
`

const endpoint = (name: string, address: string): string =>
  `apiVersion: example.com/v1\nkind: Endpoint\nmetadata: {name: ${name}}\nspec: {address: "${address}"}\n`

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("admission in the %s world", (kind) => {
    let system: System
    let server: WebhookServer
    beforeAll(async () => {
      server = await startWebhookServer(handlers)
      system = await startSystem({ kind, flags: ["--roles", "api,controllers"] })
    })
    afterAll(async () => {
      await system?.destroy()
      await server?.close()
    })

    const ok = async (args: ReadonlyArray<string>, input?: string): Promise<string> => {
      const result = await system.kubectl(args, input === undefined ? {} : { input })
      expect(`${result.stderr}${result.code === 0 ? "" : `exit ${result.code}`}`).toBe("")
      return result.stdout
    }

    const refused = async (args: ReadonlyArray<string>, input?: string): Promise<string> => {
      const result = await system.kubectl(args, input === undefined ? {} : { input })
      expect(result.code).toBe(1)
      return result.stderr
    }

    it("webhooks change and refuse objects, and are gone when they are deleted", async () => {
      const both =
        configuration("Mutating", "/add", "operations: [CREATE]", server) +
        "---" +
        configuration("Validating", "/no", "operations: [DELETE]", server)
      await ok(["apply", "-f", "-"], both)
      await ok(["create", "configmap", "one", "--from-literal=a=b"])
      expect(await ok(["get", "configmap", "one", "-o", "jsonpath={.data.hooked}"])).toBe("yes")
      await ok(["create", "configmap", "left-alone", "--from-literal=a=b"])
      expect(await ok(["get", "configmap", "left-alone", "-o", "jsonpath={.data.hooked}"])).toBe("")
      expect(await refused(["delete", "configmap", "one"])).toBe(
        'Error from server (Forbidden): admission webhook "validating.example.com" denied the request: not today\n',
      )
      await ok(["delete", "-f", "-"], both)
      await ok(["delete", "configmap", "one", "left-alone"])
    })

    it("a policy refuses in its own words, and one that does not compile is refused itself", async () => {
      await ok(["apply", "-f", "-"], policy)
      expect(await refused(["create", "configmap", "bad", "--from-literal=a=b"])).toContain(
        "configmaps \"bad\" is forbidden: ValidatingAdmissionPolicy 'names' with binding 'names' denied request: no bad names",
      )
      expect(await refused(["apply", "-f", "-"], policy.replace("!= 'bad'", "!= ="))).toContain(
        "compilation failed",
      )
      await ok(["delete", "-f", "-"], policy)
    })

    it("objects of several stored versions are listed at one, across a restart", async () => {
      await ok(["apply", "-f", "-"], endpoints(server, "v1"))
      await ok(["apply", "-f", "-"], endpoint("a", "h:1"))
      expect(await refused(["apply", "-f", "-"], endpoint("x", "nowhere"))).toContain("must name a port")
      await ok(["apply", "-f", "-"], endpoints(server, "v2"))
      await ok(["apply", "-f", "-"], endpoint("b", "h:2"))
      const list = ["get", "endpoints.v2.example.com", "-o", "jsonpath={.items[*].spec.port}"]
      expect(await ok(list)).toBe("1 2")
      await system.kill9()
      await system.start()
      expect(await ok(list)).toBe("1 2")
      const old = ["get", "endpoints.v1.example.com", "-o", "jsonpath={.items[*].spec.address}"]
      expect(await ok(old)).toBe("h:1 h:2")
      const stored = ["get", "crd", "endpoints.example.com", "-o", "jsonpath={.status.storedVersions}"]
      expect(await ok(stored)).toBe('["v1","v2"]')
      await ok(["delete", "-f", "-"], endpoints(server, "v2"))
    })
  })
})
