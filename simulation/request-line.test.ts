import { expect, it } from "vitest"
import type { TransportRequest } from "../client/index.ts"
import { lineText, requestLine, writeCause } from "./request-line.ts"

const request = (method: TransportRequest["method"], path: string, headers = {}): TransportRequest => ({
  method,
  path,
  headers,
})

it.each([
  [request("GET", "/api/v1/nodes/n1"), "get nodes n1"],
  [request("GET", "/api/v1/pods?limit=500"), "list pods"],
  [request("GET", "/api/v1/pods?watch=true"), "watch pods"],
  [request("GET", "/api/v1/namespaces/default"), "get namespaces default"],
  [request("PUT", "/api/v1/namespaces/default/finalize"), "update namespaces/finalize default"],
  [request("POST", "/api/v1/namespaces/default/configmaps"), "create configmaps default"],
  [request("DELETE", "/api/v1/namespaces/default/configmaps/a"), "delete configmaps default/a"],
  [
    request("PUT", "/apis/apps.miren.dev/v1alpha1/namespaces/x/apps/a%2Fb/status"),
    "update apps.apps.miren.dev/status x/a/b",
  ],
  [
    request("PATCH", "/apis/g.dev/v1/things/t", { "content-type": "application/apply-patch+yaml" }),
    "apply things.g.dev t",
  ],
  [
    request("PATCH", "/apis/g.dev/v1/things/t", { "content-type": "application/merge-patch+json" }),
    "patch things.g.dev t",
  ],
])("reads what a request asks for: %#", (asked, text) => {
  expect(lineText(requestLine(asked))).toBe(text)
})

it("reads the cause of a write, and knows a write without one", () => {
  const woke = ["a@5", "b@6"].map((text) => `ConfigMap/ns/${text}`)
  const headers = { "miren-cause": `controller/c; request=ns/a; reconcile=r1; woke=${woke.join(",")}` }
  expect(writeCause(request("PUT", "/api/v1/namespaces/ns/configmaps/a", headers))).toEqual({
    controller: "c",
    request: "ns/a",
    reconcileID: "r1",
    woke,
  })
  expect(writeCause(request("PUT", "/api/v1/namespaces/ns/configmaps/a"))).toBeUndefined()
})
