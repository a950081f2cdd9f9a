import { expect, test } from "vitest"
import { parseRequestInfo, type ResourceRequestInfo } from "./request-info.ts"

const resource = (verb: string, rest: Partial<ResourceRequestInfo>) => ({
  type: "resource",
  verb,
  group: "",
  version: "v1",
  resource: "",
  namespace: "",
  name: "",
  subresource: "",
  ...rest,
})

test.each([
  ["GET", "/api/v1/namespaces", resource("list", { resource: "namespaces" })],
  ["GET", "/api/v1/namespaces/a", resource("get", { resource: "namespaces", namespace: "a", name: "a" })],
  [
    "PUT",
    "/api/v1/namespaces/a/finalize",
    resource("update", { resource: "namespaces", namespace: "a", name: "a", subresource: "finalize" }),
  ],
  ["GET", "/api/v1/namespaces/a/pods", resource("list", { resource: "pods", namespace: "a" })],
  ["GET", "/api/v1/namespaces/a/pods?watch=true", resource("watch", { resource: "pods", namespace: "a" })],
  ["GET", "/api/v1/namespaces/a/pods?watch=false", resource("list", { resource: "pods", namespace: "a" })],
  [
    "GET",
    "/api/v1/watch/namespaces/a/pods/p",
    resource("watch", { resource: "pods", namespace: "a", name: "p" }),
  ],
  ["POST", "/api/v1/namespaces/a/pods", resource("create", { resource: "pods", namespace: "a" })],
  [
    "PATCH",
    "/api/v1/namespaces/a/pods/p/status",
    resource("patch", { resource: "pods", namespace: "a", name: "p", subresource: "status" }),
  ],
  [
    "DELETE",
    "/api/v1/namespaces/a/pods/p",
    resource("delete", { resource: "pods", namespace: "a", name: "p" }),
  ],
  ["DELETE", "/api/v1/namespaces/a/pods", resource("deletecollection", { resource: "pods", namespace: "a" })],
  [
    "GET",
    "/apis/g.io/v2/things/t%2Dx",
    resource("get", { group: "g.io", version: "v2", resource: "things", name: "t-x" }),
  ],
  [
    "GET",
    "/apis/g.io/v2",
    { type: "path", verb: "get", path: "/apis/g.io/v2", parts: ["apis", "g.io", "v2"] },
  ],
  ["GET", "//healthz//", { type: "path", verb: "get", path: "/healthz", parts: ["healthz"] }],
  ["GET", "/api/v1/nodes/n/proxy/a/b", { type: "path" }],
])("%s %s", (method, url, want) => {
  expect(parseRequestInfo(method, url)).toMatchObject(want)
})

test.each([
  ["GET", "/api/%zz", "BadRequest"],
  ["GET", "nothing", "BadRequest"],
  ["HEAD", "/api/v1/namespaces/a/pods/p", "MethodNotAllowed"],
  ["BREW", "/api/v1/pods", "MethodNotAllowed"],
  ["GET", `/${"x".repeat(20_000)}`, "RequestEntityTooLarge"],
])("%s %s is refused", (method, url, reason) => {
  expect(() => parseRequestInfo(method, url)).toThrow(expect.objectContaining({ reason }))
})
