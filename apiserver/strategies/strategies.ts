/** Which strategy a built-in kind has, by `group/plural`; every other behaves as a custom resource does. */
import { customStrategy, type Strategy } from "../strategy.ts"
import { configMapStrategy, secretStrategy } from "./data-holders.ts"
import { eventStrategy } from "./event.ts"
import { namespaceStrategy } from "./namespace.ts"

/** Core kinds that are plain data: no generation, and an update without resourceVersion overwrites. */
const plain: Strategy = { generation: false, unconditionalUpdate: true }

const strategies: { readonly [id: string]: Strategy } = {
  "/namespaces": namespaceStrategy,
  "/configmaps": configMapStrategy,
  "/secrets": secretStrategy,
  "/events": eventStrategy,
  "events.k8s.io/events": plain,
  "/nodes": plain,
  "/services": plain,
  "/serviceaccounts": plain,
  "/pods": { ...plain, generation: true },
  "coordination.k8s.io/leases": plain,
  "discovery.k8s.io/endpointslices": { generation: true, unconditionalUpdate: true },
}

export const builtinStrategy = (id: string): Strategy =>
  Object.hasOwn(strategies, id)
    ? (strategies[id] ?? customStrategy)
    : { ...customStrategy, unconditionalUpdate: true }
