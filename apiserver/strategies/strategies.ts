/** Which strategy a built-in kind has, by `group/plural`; every other behaves as a custom resource does. */
import { valueAt } from "../registry/object-meta.ts"
import { customStrategy, type Strategy } from "../strategy.ts"
import { configMapStrategy, secretStrategy } from "./data-holders.ts"
import { eventStrategy } from "./event.ts"
import { namespaceStrategy } from "./namespace.ts"
import { nodeCells } from "./node.ts"
import { endpointSliceStrategy, serviceStrategy } from "./service.ts"

const sandboxStrategy: Strategy = {
  ...customStrategy,
  unconditionalUpdate: true,
  gracePeriodSeconds: (object) => {
    const seconds = valueAt(object, ["spec", "terminationGracePeriodSeconds"])
    return typeof seconds === "number" ? seconds : 30
  },
}

/** Core kinds that are plain data: no generation, and an update without resourceVersion overwrites. */
const plain: Strategy = { generation: false, unconditionalUpdate: true }

/** A PUT makes what is not there. */
const putAnywhere: Strategy = { ...plain, createOnUpdate: true }

/** Asked of the nodes, never written. */
const observed: Strategy = { ...plain, verbs: ["get", "list"] }

/** Answered by `apiserver/transactions/`, never stored. */
const asked: Strategy = { ...plain, verbs: ["create"] }

const strategies: { readonly [id: string]: Strategy } = {
  "/namespaces": namespaceStrategy,
  "/configmaps": configMapStrategy,
  "/secrets": secretStrategy,
  "/events": eventStrategy,
  "events.k8s.io/events": putAnywhere,
  "/nodes": { ...plain, cells: nodeCells },
  "/services": serviceStrategy,
  "/serviceaccounts": plain,
  "compute.miren.dev/sandboxes": sandboxStrategy,
  "coordination.k8s.io/leases": putAnywhere,
  "metrics.k8s.io/nodes": observed,
  "metrics.k8s.io/pods": observed,
  "discovery.k8s.io/endpointslices": endpointSliceStrategy,
  "meta.miren.dev/causereviews": asked,
  "meta.miren.dev/transactions": asked,
}

export const builtinStrategy = (id: string): Strategy =>
  Object.hasOwn(strategies, id)
    ? (strategies[id] ?? customStrategy)
    : { ...customStrategy, unconditionalUpdate: true }
