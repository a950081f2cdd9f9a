/**
 * What a node may write of what it is allowed to touch, whatever roles it has besides: itself, its lease, and of its
 * Sandboxes what is no wish of their owners. Source: kubernetes `plugin/pkg/admission/noderestriction`.
 */
import { isObject } from "../body-object.ts"
import { csrId, requestedCommonName, signerOf } from "../certificates/index.ts"
import { equal } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import { type AdmissionRequest, admissionSubject } from "../registry/context.ts"
import { labelsOf, metadataOf, stringOf } from "../registry/object-meta.ts"
import { forbidden } from "../status-error.ts"
import { nodeInSpec, sandboxesId } from "./bound-node.ts"
import { nodeNameOf } from "./node-identity.ts"

const leaseNamespace = "kube-node-lease"

type Restriction = (node: string, request: AdmissionRequest) => string | undefined

/** Labels under Kubernetes' own domains that a node sets of itself; the rest of those domains is the administrators'. */
const ownLabels = [
  "kubernetes.io/hostname",
  "kubernetes.io/arch",
  "kubernetes.io/os",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]

const isUnder = (label: string, domain: string): boolean => {
  const prefix = label.includes("/") ? label.slice(0, label.indexOf("/")) : ""
  return prefix === domain || prefix.endsWith(`.${domain}`)
}

const mayLabel = (label: string): boolean => {
  if (!isUnder(label, "kubernetes.io") && !isUnder(label, "k8s.io")) return true
  if (isUnder(label, "node-restriction.kubernetes.io")) return false
  return (
    ownLabels.includes(label) ||
    isUnder(label, "kubelet.kubernetes.io") ||
    isUnder(label, "node.kubernetes.io")
  )
}

const changedLabels = (object: MutableObject, old: MutableObject | undefined): ReadonlyArray<string> => {
  const [now, before] = [labelsOf(object) ?? {}, old === undefined ? {} : (labelsOf(old) ?? {})]
  const all = new Set([...Object.keys(now), ...Object.keys(before)])
  return [...all].filter((label) => now[label] !== before[label]).sort()
}

const taintsOf = (object: MutableObject) => (isObject(object.spec) ? (object.spec.taints ?? null) : null)

const ofNode: Restriction = (node, { target, object, old }) => {
  const name = target.name || (object === undefined ? "" : stringOf(metadataOf(object), "name"))
  const told = `node ${JSON.stringify(node)}`
  if (name !== node) return `${told} is not allowed to modify node ${JSON.stringify(name)}`
  if (object === undefined) return undefined
  if (old !== undefined && !equal(taintsOf(object), taintsOf(old)))
    return `${told} is not allowed to modify taints`
  const labels = changedLabels(object, old).filter((label) => !mayLabel(label))
  if (labels.length === 0) return undefined
  return `is not allowed to ${old === undefined ? "set the following" : "modify"} labels: ${labels.join(", ")}`
}

const ofLease: Restriction = (node, { target, object }) => {
  if (target.namespace !== leaseNamespace)
    return `can only access leases in the "${leaseNamespace}" system namespace`
  const name = target.name || (object === undefined ? "" : stringOf(metadataOf(object), "name"))
  return name === node ? undefined : "can only access node lease with the same name as the requesting node"
}

const ofSandbox: Restriction = (node, { operation, object, old }) => {
  const told = `node ${JSON.stringify(node)}`
  if (old === undefined) return `${told} can not create sandboxes`
  if (nodeInSpec(old) !== node)
    return `${told} can only ${operation === "DELETE" ? "delete" : "update"} sandboxes with spec.nodeName set to itself`
  if (object === undefined) return undefined
  if (!equal(object.spec ?? null, old.spec ?? null)) return `${told} can not change the spec of a sandbox`
  if (changedLabels(object, old).length > 0) return `${told} can not change the labels of a sandbox`
  return equal(metadataOf(object).ownerReferences ?? [], metadataOf(old).ownerReferences ?? [])
    ? undefined
    : `${told} can not change the owners of a sandbox`
}

const ofRequest: Restriction = (node, { operation, object }) => {
  if (operation !== "CREATE" || object === undefined) return undefined
  if (signerOf(object) !== "kubernetes.io/kube-apiserver-client-kubelet") return undefined
  const wanted = `system:node:${node}`
  return requestedCommonName(object) === wanted ? undefined : `can only create a node CSR with CN=${wanted}`
}

const restrictions: { readonly [id: string]: Restriction } = {
  "/nodes": ofNode,
  "coordination.k8s.io/leases": ofLease,
  [sandboxesId]: ofSandbox,
  [csrId]: ofRequest,
  "/serviceaccounts": (_node, { target }) =>
    target.subresource === "token" ? "a node can not request tokens: no sandbox has an account" : undefined,
}

/** Refuses what a node may not write. Fails with `Forbidden`. */
export const admitByNode = (request: AdmissionRequest): void => {
  const node = nodeNameOf(request.call.request.user)
  if (node === undefined || request.operation === "CONNECT") return
  const { id } = request.target.resource
  const why = Object.hasOwn(restrictions, id) ? restrictions[id]?.(node, request) : undefined
  if (why !== undefined) throw forbidden(admissionSubject(request), why)
}
