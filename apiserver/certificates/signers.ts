/** The signers that this cluster is: what each signs, and what it refuses. Source: pkg/controller/certificates/signer. */
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { type RequestedNames, specOf, usagesOf } from "./certificate-request.ts"

/** Why a signer refuses a request, as a sentence; undefined when it signs. */
type Rule = (names: RequestedNames, csr: MutableObject) => string | undefined

const usagesProblem = (
  csr: MutableObject,
  required: ReadonlyArray<string>,
  optional: ReadonlyArray<string>,
): string | undefined => {
  const usages = usagesOf(csr)
  const missing = required.find((usage) => !usages.includes(usage))
  if (missing !== undefined) return `the usage ${JSON.stringify(missing)} is required`
  const other = usages.find((usage) => !required.includes(usage) && !optional.includes(usage))
  return other === undefined ? undefined : `the usage ${JSON.stringify(other)} is not signed for`
}

const nodeProblem = ({ commonName, organizations }: RequestedNames): string | undefined => {
  if (organizations.length !== 1 || organizations[0] !== "system:nodes")
    return 'the organization must be "system:nodes"'
  return /^system:node:.+/.test(commonName)
    ? undefined
    : 'the common name must be "system:node:" and a node\'s name'
}

const apiClient: Rule = (_names, csr) =>
  usagesProblem(csr, ["client auth"], ["digital signature", "key encipherment"])

const nodeClient: Rule = (names, csr) =>
  nodeProblem(names) ??
  (names.alternatives.length > 0 ? "alternative names are not signed for" : undefined) ??
  usagesProblem(csr, ["client auth", "digital signature"], ["key encipherment"])

const nodeServing: Rule = (names, csr) => {
  const problem = nodeProblem(names)
  if (problem !== undefined) return problem
  if (names.commonName !== stringOf(specOf(csr), "username"))
    return "a node asks for its own certificates only: the common name must be that of the requestor"
  if (names.alternatives.length === 0) return "a DNS name or an IP address is required"
  const other = names.alternatives.find(({ type }) => type !== "dns" && type !== "ip")
  if (other !== undefined) return `alternative names of type ${other.type} are not signed for`
  return usagesProblem(csr, ["server auth", "digital signature"], ["key encipherment"])
}

const signers: { readonly [name: string]: Rule } = {
  "kubernetes.io/kube-apiserver-client": apiClient,
  "kubernetes.io/kube-apiserver-client-kubelet": nodeClient,
  "kubernetes.io/kubelet-serving": nodeServing,
}

export const signerRule = (name: string): Rule | undefined =>
  Object.hasOwn(signers, name) ? signers[name] : undefined
