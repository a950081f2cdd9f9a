/**
 * The authorizer of nodes: a user `system:node:NAME` in `system:nodes` may read and report what concerns the node NAME, and
 * nothing of another's. A Sandbox refers to no Secret and no ConfigMap, so no node reads any.
 *
 * It only allows: whoever it says nothing of is decided by the next authorizer. Source: KEP-4601 and kubernetes
 * `plugin/pkg/auth/authorizer/node`. Start with {@link nodeAuthorizer}.
 */
import type { AccessRequest, Authorizer, Decision, ResourceAccess } from "../authorizer.ts"
import { MachineryError } from "../machinery.ts"
import { parseFieldSelector } from "../selectors/index.ts"
import { nodeNameOf } from "./node-identity.ts"

/** The node that a Sandbox is bound to: "" for none; undefined when there is no such Sandbox. */
export type BoundNode = (sandbox: { readonly namespace: string; readonly name: string }) => string | undefined

const leaseNamespace = "kube-node-lease"

const reads: ReadonlySet<string> = new Set(["get", "list", "watch"])
const selects: ReadonlySet<string> = new Set(["list", "watch"])
const changes: ReadonlySet<string> = new Set(["update", "patch"])

/** What any node may, whichever objects they are: group, resource, subresource, verbs. */
const common: ReadonlyArray<readonly [string, string, ReadonlySet<string>]> = [
  ["", "services", reads],
  ["", "events", new Set(["create", "update", "patch"])],
  ["events.k8s.io", "events", new Set(["create", "update", "patch"])],
  ["certificates.k8s.io", "certificatesigningrequests", new Set(["create", ...reads])],
  ["authentication.k8s.io", "tokenreviews", new Set(["create"])],
  ["authorization.k8s.io", "subjectaccessreviews", new Set(["create"])],
  ["authorization.k8s.io", "localsubjectaccessreviews", new Set(["create"])],
]

const allowed: Decision = { allowed: true, reason: "node: it concerns the node itself" }

const refused = (why: string): Decision => ({ allowed: false, reason: `node: ${why}` })

/** Whether a selector leaves nothing that is bound to another node. */
const selectsNode = ({ fieldSelector = "" }: ResourceAccess, node: string): boolean => {
  try {
    return parseFieldSelector(fieldSelector).some(
      ({ path, operator, value }) => path === "spec.nodeName" && operator === "=" && value === node,
    )
  } catch (error) {
    if (error instanceof MachineryError) return false
    throw error
  }
}

const onNode = (node: string, { verb, subresource, name }: ResourceAccess): Decision => {
  if (verb === "create" && subresource === "") return allowed
  if (subresource !== "" && subresource !== "status") return refused("nodes have no such subresource")
  if (!reads.has(verb) && !changes.has(verb)) return refused(`a node may not ${verb} nodes`)
  return name === node
    ? allowed
    : refused(`node ${JSON.stringify(node)} may only see and change its own Node`)
}

const onLease = (node: string, { verb, namespace, name, subresource }: ResourceAccess): Decision => {
  if (namespace !== leaseNamespace) return refused(`leases of nodes are in the namespace ${leaseNamespace}`)
  if (subresource !== "") return refused("leases have no subresources")
  if (verb === "create") return allowed
  if (verb === "deletecollection") return refused("a node may not delete a collection of leases")
  return name === node ? allowed : refused("a node may only see and change its own lease")
}

/** Of Sandboxes, and of the Pods that they are seen as. */
const onSandbox = (node: string, info: ResourceAccess, bound: BoundNode): Decision => {
  const { verb, subresource, namespace, name, group } = info
  if (subresource !== "" && (subresource !== "status" || group === ""))
    return refused(`a node may not ${verb} ${info.resource}/${subresource}`)
  if (selects.has(verb) && name === "")
    return selectsNode(info, node)
      ? allowed
      : refused(`can only list and watch ${info.resource} with the field selector spec.nodeName=${node}`)
  if (!reads.has(verb) && (!changes.has(verb) || group === ""))
    return refused(`a node may not ${verb} ${info.resource}`)
  return bound({ namespace, name }) === node
    ? allowed
    : refused(`no relationship found between node ${JSON.stringify(node)} and this object`)
}

const decide = (node: string, info: AccessRequest, bound: BoundNode): Decision => {
  if (info.type === "path") return refused("nodes are allowed no paths of their own")
  const { group, resource, subresource, verb } = info
  switch (`${group}/${resource}`) {
    case "/nodes":
      return onNode(node, info)
    case "coordination.k8s.io/leases":
      return onLease(node, info)
    case "/pods":
    case "compute.miren.dev/sandboxes":
      return onSandbox(node, info, bound)
  }
  const may = common.some(
    ([ofGroup, plural, verbs]) =>
      ofGroup === group && plural === resource && subresource === "" && verbs.has(verb),
  )
  return may ? allowed : refused(`nodes may not ${verb} ${resource}`)
}

/** Asks about nodes first, then about everybody `next`; the reasons of both are told where both refuse. */
export const nodeAuthorizer = (bound: BoundNode, next: Authorizer): Authorizer => ({
  authorize: (attributes) => {
    const node = nodeNameOf(attributes.user)
    if (node === undefined) return next.authorize(attributes)
    const own = decide(node, attributes.info, bound)
    if (own.allowed) return own
    const both = (decision: Decision): Decision =>
      decision.allowed
        ? decision
        : { allowed: false, reason: [own.reason, decision.reason].filter((text) => text !== "").join(", ") }
    const other = next.authorize(attributes)
    return other instanceof Promise ? other.then(both) : both(other)
  },
  ...(next.rules === undefined ? {} : { rules: next.rules.bind(next) }),
})
