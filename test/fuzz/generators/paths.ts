/** Recorded requests of kubectl and client-go with a segment, a query option, a method or a header altered. */
import fc from "fast-check"
import { all, crds, pathOf, widgetsName } from "../corpus.ts"
import { oddString } from "../mutations.ts"
import type { Slice } from "../slice.ts"
import { bodyless, fixed, mostly, oddUrlText, pick, readHeaders } from "./parts.ts"

const objects = [...all.map((kind) => `${pathOf(kind)}/base`), `${pathOf(crds)}/${widgetsName}`]
const recorded: ReadonlyArray<string> = [
  ...[
    "/api?timeout=32s",
    "/apis?timeout=32s",
    "/api/v1",
    "/version?timeout=32s",
    "/openapi/v2",
    "/openapi/v3",
  ],
  ...[
    "/openapi/v3/api/v1",
    "/openapi/v3/apis/example.com/v1?timeout=32s",
    "/healthz",
    "/readyz?verbose",
    "/metrics",
  ],
  ...["/livez/ping", "/readyz?exclude=store", "/.well-known/openid-configuration", "/openid/v1/jwks"],
  ...["/apis/apps/v1", "/apis/example.com", "/apis/example.com/v1", "/apis/compute.miren.dev/v1alpha1"],
  ...objects,
  ...objects.map((path) => `${path.slice(0, path.lastIndexOf("/"))}?limit=500`),
  ...all.flatMap((kind) => kind.subresources.map((sub) => `${pathOf(kind)}/base/${sub}`)),
  "/api/v1/namespaces/kube-system/services?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue",
  "/api/v1/configmaps?limit=500",
  "/api/v1/watch/namespaces/default/configmaps?timeoutSeconds=1",
  "/api/v1/namespaces/default/pods/base/log?container=web&tailLines=5",
  "/apis/metrics.k8s.io/v1beta1/nodes",
  "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods",
  "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dbase%2CinvolvedObject.namespace%3Ddefault&limit=500",
]

interface Change {
  readonly deed: "keep" | "replace" | "insert" | "drop" | "double" | "append" | "case"
  readonly at: number
  readonly text: string
}

const segment = mostly(
  pick(
    "v1",
    "api",
    "apis",
    "default",
    "base",
    "status",
    "scale",
    "watch",
    "configmaps",
    "widgets",
    "namespaces",
    "finalize",
    "proxy",
    "log",
    "exec",
    "",
  ),
  oddUrlText,
  2,
)
const change: fc.Arbitrary<Change> = fc.record({
  deed: mostly(
    fc.constant<Change["deed"]>("keep"),
    pick<Change["deed"]>("replace", "replace", "insert", "drop", "double", "append", "case"),
    1,
  ),
  at: fc.nat(12),
  text: segment,
})

const alteredPath = (url: string, { deed, at, text }: Change): string => {
  const mark = url.indexOf("?")
  const [path, query] = mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark)]
  const parts = path.split("/")
  const place = 1 + (at % Math.max(parts.length - 1, 1))
  switch (deed) {
    case "keep":
      return url
    case "replace":
      parts[place] = text
      break
    case "insert":
      parts.splice(place, 0, text)
      break
    case "drop":
      parts.splice(place, 1)
      break
    case "double":
      parts.splice(place, 0, parts[place] ?? "")
      break
    case "append":
      parts.push(text)
      break
    case "case":
      parts[place] = (parts[place] ?? "").toUpperCase()
  }
  return `${parts.join("/")}${query}`
}

const extra: fc.Arbitrary<string> = mostly(
  pick(
    "",
    "",
    "",
    "pretty=1",
    "includeObject=Object",
    "includeObject=None",
    "timeout=32s",
    "limit=3",
    "resourceVersion=0",
    "hash=abc",
  ),
  fc
    .tuple(
      pick(
        "limit",
        "resourceVersion",
        "includeObject",
        "timeout",
        "pretty",
        "labelSelector",
        "fieldSelector",
        "watch",
        "continue",
        "__proto__",
        "",
        "verbose",
        "exclude",
        "hash",
        "fields",
      ),
      oddUrlText,
    )
    .map(([key, value]) => `${key}=${value}`),
  4,
)

const method = mostly(
  fc.constant("GET"),
  fc.oneof(
    pick(
      "HEAD",
      "HEAD",
      "DELETE",
      "POST",
      "PUT",
      "PATCH",
      "OPTIONS",
      "TRACE",
      "CONNECT",
      "get",
      "PROPFIND",
      "",
    ),
    oddString,
  ),
  7,
)
const discovery =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
const headers = mostly(
  readHeaders,
  fc.oneof(
    fc.constant({ accept: discovery }),
    fc.constant({ accept: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf" }),
    fc.constant({ "if-none-match": "*", accept: "application/json" }),
    fc.record({ "if-none-match": oddString, range: oddString, "content-type": oddString }),
    fc.record({ "impersonate-user": oddString, "impersonate-group": oddString }),
    fc.record({
      "impersonate-user": pick("alice", "system:serviceaccount:default:base"),
      "impersonate-extra-a%zz": oddString,
      "impersonate-uid": oddString,
    }),
    fc.record({ upgrade: pick("websocket", "SPDY/3.1"), connection: pick("Upgrade") }),
  ),
  4,
)

const draft = fc
  .tuple(pick(...recorded), change, extra, method, headers)
  .map(([url, changed, more, how, sent]) => {
    const altered = alteredPath(url, changed)
    const joined = more === "" ? altered : `${altered}${altered.includes("?") ? "&" : "?"}${more}`
    return fixed({ method: how, url: joined, headers: sent, body: bodyless })
  })

export const paths: Slice = {
  name: "paths",
  about: "recorded reads with a segment, an option, the method or a header altered",
  draft,
}
