/** Requests as large as they may be, made so that careless code takes the square of their size. */
import fc from "fast-check"
import {
  clusterRoles,
  configMaps,
  endpointSlices,
  pathOf,
  policies,
  sandboxes,
  secrets,
  serviceAccounts,
  services,
  widgets,
} from "../corpus.ts"
import type { Draft, FuzzRequest } from "../request.ts"
import type { Slice } from "../slice.ts"
import { bulkObjects } from "./bulk-objects.ts"
import { bulkPatches } from "./bulk-patches.ts"
import { type Bulk, type Make, many, post, text } from "./bulk-request.ts"
import { bulkTexts } from "./bulk-texts.ts"
import { fixed, pick } from "./parts.ts"

const roles: Make = (count) =>
  post(
    clusterRoles,
    text({
      kind: "ClusterRole",
      apiVersion: "rbac.authorization.k8s.io/v1",
      metadata: { name: "wide" },
      rules: [
        {
          apiGroups: many(Math.min(count, 3_000), (index) => `g${index}`),
          resources: many(Math.min(count, 3_000), (index) => `r${index}`),
          verbs: many(Math.min(count, 3_000), (index) => `v${index}`),
        },
      ],
    }),
  )

const request = ({ method, url, type, body }: Bulk): FuzzRequest => ({
  method,
  url,
  headers: method === "GET" ? {} : { "content-type": type },
  body: typeof body === "string" ? Buffer.from(body) : body,
})

const draft: fc.Arbitrary<Draft> = fc
  .tuple(
    pick(...bulkObjects, ...bulkPatches, ...bulkTexts, roles),
    fc.oneof(
      { weight: 4, arbitrary: pick(1, 3, 10, 20) },
      { weight: 2, arbitrary: pick(100, 1_000) },
      { weight: 1, arbitrary: pick(10_000, 40_000) },
    ),
  )
  .map(([make, count]) => {
    const made = request(make(count))
    // A body that is too large says nothing: the most that may be sent does.
    return fixed(made.body.length > 3_100_000 ? { ...made, body: made.body.subarray(0, 3_000_000) } : made)
  })
const reset: fc.Arbitrary<Draft> = pick(
  configMaps,
  widgets,
  serviceAccounts,
  services,
  secrets,
  endpointSlices,
  sandboxes,
  clusterRoles,
  policies,
).map((kind) => fixed({ method: "DELETE", url: `${pathOf(kind)}/bulk`, headers: {}, body: new Uint8Array() }))

export const bulk: Slice = {
  name: "bulk",
  about: "requests as large as they may be, made so that careless code takes the square of their size",
  weight: 0.1,
  draft: fc.oneof({ weight: 5, arbitrary: draft }, { weight: 2, arbitrary: reset }),
}
