/**
 * The messages that typed Go clients post, by the kind that they are the body of. Numbers are those of the
 * `generated.proto` beside each API package of Kubernetes.
 */
import { type Message, parseTable } from "./message-table.ts"
import { accessMessages } from "./tables/access.ts"
import { admissionMessages } from "./tables/admission.ts"
import { apiextensionsMessages } from "./tables/apiextensions.ts"
import { coreMessages } from "./tables/core.ts"
import { flowcontrolMessages } from "./tables/flowcontrol.ts"
import { metaMessages } from "./tables/meta.ts"
import { podMessages } from "./tables/pod.ts"

const messages = parseTable(
  metaMessages,
  coreMessages,
  podMessages,
  accessMessages,
  admissionMessages,
  apiextensionsMessages,
  flowcontrolMessages,
)

/** Kinds of each group and version, all named as their messages. */
const kindsOf: { readonly [apiVersion: string]: string } = {
  v1: "ConfigMap DeleteOptions Event LimitRange Namespace Node Pod ResourceQuota Secret Service ServiceAccount",
  "meta.k8s.io/v1": "DeleteOptions",
  "admissionregistration.k8s.io/v1":
    "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
  "apiextensions.k8s.io/v1": "CustomResourceDefinition",
  "authentication.k8s.io/v1": "SelfSubjectReview TokenRequest TokenReview",
  "authorization.k8s.io/v1":
    "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
  "autoscaling/v1": "Scale",
  "certificates.k8s.io/v1": "CertificateSigningRequest",
  "coordination.k8s.io/v1": "Lease",
  "discovery.k8s.io/v1": "EndpointSlice",
  "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
  "policy/v1": "Eviction",
  "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
}

/** Kinds whose message has another name, because one of the same name is taken. */
const renamed: { readonly [typeMeta: string]: string } = { "events.k8s.io/v1/Event": "EventsEvent" }

const byKind: ReadonlyMap<string, Message> = new Map(
  [
    ...Object.entries(kindsOf).flatMap(([apiVersion, kinds]) =>
      kinds.split(" ").map((kind) => [`${apiVersion}/${kind}`, kind] as const),
    ),
    ...Object.entries(renamed),
  ].map(([typeMeta, name]) => {
    const message = messages.get(name)
    if (message === undefined) throw new Error(`there is no message ${name}`)
    return [typeMeta, message]
  }),
)

/** The message of a kind; undefined when the kind is none that is read from protobuf. */
export const messageOf = (apiVersion: string, kind: string): Message | undefined =>
  byKind.get(`${apiVersion}/${kind}`)

/** Every kind that is read from protobuf, as `apiVersion/Kind`. */
export const protobufKinds: ReadonlyArray<string> = [...byKind.keys()]
