/** Pods, which are Sandboxes seen by clients of Kubernetes: objects, evictions, logs, measures, connections. */
import fc from "fast-check"
import type { Json } from "../../../schemas/index.ts"
import { nodes, pathOf, pods, sandboxes } from "../corpus.ts"
import { alteration, mutated } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import {
  bodyless,
  bytesOf,
  fixed,
  json,
  mostly,
  name,
  newName,
  oddUrlText,
  pick,
  readHeaders,
  urlOf,
  versioned,
  writeQuery,
} from "./parts.ts"

const created: fc.Arbitrary<Draft> = fc
  .tuple(pick(pods, sandboxes), newName, alteration(), writeQuery)
  .map(([kind, named, alter, query]) =>
    fixed({
      method: "POST",
      url: urlOf(pathOf(kind), query),
      headers: json,
      body: bytesOf(alter(kind.object(named))),
    }),
  )

const status: Json = {
  sandboxIP: "10.1.2.3",
  containerStatuses: [
    { name: "web", ready: true, restartCount: 1, state: { running: { startedAt: "2030-01-01T00:00:00Z" } } },
  ],
  conditions: [
    { type: "Ready", status: "True", reason: "Ran", message: "", lastTransitionTime: "2030-01-01T00:00:00Z" },
  ],
}
const updated: fc.Arbitrary<Draft> = fc
  .tuple(pick(pods, sandboxes), name, pick("", "/status"), fc.nat(3), alteration([0, 0, 1, 2]))
  .map(([kind, named, sub, carries, alter]) => (seen) => {
    const place = `${pathOf(kind)}/${named}`
    const document = alter({ ...kind.object(named), status })
    const sent = carries > 0 ? versioned(document, seen.versionOf(place)) : document
    return { method: "PUT", url: `${place}${sub}`, headers: json, body: bytesOf(sent) }
  })

const eviction: fc.Arbitrary<Draft> = fc
  .tuple(
    pick("a", "b", "n1", "n2", "n3"),
    mutated(
      pick<Json>(
        { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "base" } },
        {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name: "a" },
          deleteOptions: { gracePeriodSeconds: 0, dryRun: ["All"] },
        },
      ),
      [0, 1],
    ),
  )
  .map(([named, body]) =>
    fixed({ method: "POST", url: `${pathOf(pods)}/${named}/eviction`, headers: json, body: bytesOf(body) }),
  )

const logQuery = mostly(
  pick(
    "",
    "container=web",
    "tailLines=5&timestamps=true",
    "sinceSeconds=1",
    "limitBytes=10",
    "previous=true",
  ),
  fc
    .tuple(pick("container", "tailLines", "sinceTime", "limitBytes", "stream", "follow"), oddUrlText)
    .map(([key, value]) => `${key}=${value}`),
  2,
)
const connected: fc.Arbitrary<Draft> = fc
  .tuple(
    name,
    pick("log", "exec", "attach", "portforward", "proxy", "ephemeralcontainers", "binding"),
    logQuery,
    pick("GET", "POST"),
  )
  .map(([named, sub, query, method]) =>
    fixed({
      method,
      url: `${pathOf(pods)}/${named}/${sub}?${query}&command=a`,
      headers: method === "POST" ? json : {},
      body: bodyless,
    }),
  )
const read: fc.Arbitrary<Draft> = fc
  .tuple(
    pick(
      pathOf(pods),
      `${pathOf(pods)}/base`,
      "/api/v1/pods",
      `${pathOf(sandboxes)}/base`,
      `${pathOf(nodes)}/base`,
      "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/base",
    ),
    pick(
      "",
      "",
      "?fieldSelector=status.phase%3DRunning",
      "?fieldSelector=spec.nodeName%3D",
      "?watch=1&resourceVersion=0",
      "?limit=1",
    ),
    readHeaders,
  )
  .map(([path, query, headers]) => fixed({ method: "GET", url: `${path}${query}`, headers, body: bodyless }))
const removed = fc
  .tuple(
    pick(pods, sandboxes),
    pick("a", "b", "n1", "n2", "n3", "n4"),
    pick("", "?gracePeriodSeconds=0", "?gracePeriodSeconds=30", "?gracePeriodSeconds=-1"),
  )
  .map(([kind, named, query]) =>
    fixed({ method: "DELETE", url: `${pathOf(kind)}/${named}${query}`, headers: json, body: bodyless }),
  )
const patched = fc
  .tuple(
    pick(pods, sandboxes),
    pick("application/merge-patch+json", "application/strategic-merge-patch+json"),
    mutated(
      pick<Json>(
        { spec: { containers: [{ name: "web", image: "b:2" }] } },
        { metadata: { labels: { a: "b" } } },
        { status: { phase: "Failed" } },
        { spec: { tolerations: [{ key: "a", operator: "Exists" }] } },
      ),
      [0, 0, 1],
    ),
  )
  .map(([kind, type, body]) =>
    fixed({
      method: "PATCH",
      url: `${pathOf(kind)}/base`,
      headers: { "content-type": type },
      body: bytesOf(body),
    }),
  )

export const podsSlice: Slice = {
  name: "pods",
  about: "Pods and the Sandboxes that they are, evictions, logs, connections",
  weight: 2,
  draft: fc.oneof(
    { weight: 4, arbitrary: created },
    { weight: 4, arbitrary: updated },
    { weight: 1, arbitrary: eviction },
    { weight: 2, arbitrary: connected },
    { weight: 4, arbitrary: read },
    { weight: 1, arbitrary: removed },
    { weight: 2, arbitrary: patched },
  ),
}
