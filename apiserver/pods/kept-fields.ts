/**
 * Fields of a Pod that a Sandbox has no counterpart of and that change nothing about what runs: they are kept in an
 * annotation of the Sandbox, so that a Pod reads back as it was written and appliers find nothing to correct.
 */
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { metadataOf } from "../registry/object-meta.ts"
import { limits } from "./limits.ts"

export const keptFieldsAnnotation = "compute.miren.dev/pod-fields"

type Accepts = (value: MutableJson) => boolean

const anyText: Accepts = (value) => typeof value === "string"
const anyFlag: Accepts = (value) => typeof value === "boolean"
const anyNumber: Accepts = (value) => typeof value === "number"
const anyList: Accepts = (value) => Array.isArray(value)
const oneOf =
  (...values: ReadonlyArray<MutableJson>): Accepts =>
  (value) =>
    values.includes(value)

const isRuntimeDefault: Accepts = (value) => isObject(value) && value.type === "RuntimeDefault"

/** Of a security context: what holds of every sandbox, or is only a check that holds. */
const securityFields: { readonly [field: string]: Accepts } = {
  privileged: oneOf(false),
  allowPrivilegeEscalation: oneOf(false),
  seccompProfile: isRuntimeDefault,
  fsGroup: anyNumber,
  fsGroupChangePolicy: anyText,
}

const podFields: { readonly [field: string]: Accepts } = {
  automountServiceAccountToken: anyFlag,
  dnsPolicy: oneOf("ClusterFirst", "Default"),
  enableServiceLinks: anyFlag,
  hostIPC: oneOf(false),
  hostNetwork: oneOf(false),
  hostPID: oneOf(false),
  imagePullSecrets: anyList,
  os: (value) => isObject(value) && value.name === "linux",
  preemptionPolicy: anyText,
  priority: anyNumber,
  priorityClassName: anyText,
  schedulerName: anyText,
  serviceAccount: anyText,
  serviceAccountName: anyText,
  shareProcessNamespace: anyFlag,
  subdomain: anyText,
  tolerations: anyList,
}

const containerFields: { readonly [field: string]: Accepts } = {
  terminationMessagePath: anyText,
  terminationMessagePolicy: anyText,
}

const isNothing = (value: MutableJson | undefined): boolean =>
  value === null ||
  value === undefined ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0)

/** Moves accepted fields over; the others stay where they are. */
const move = (
  from: MutableObject,
  accepted: { readonly [field: string]: Accepts },
): MutableObject | undefined => {
  const kept: MutableObject = {}
  for (const [field, value] of Object.entries(from)) {
    if (isNothing(value)) delete from[field]
    else if (Object.hasOwn(accepted, field) && accepted[field]?.(value)) {
      kept[field] = value
      delete from[field]
    }
  }
  return isNothing(kept) ? undefined : kept
}

const moveSecurity = (holder: MutableObject, kept: MutableObject | undefined): MutableObject | undefined => {
  const { securityContext } = holder
  if (!isObject(securityContext)) return kept
  const moved = move(securityContext, securityFields)
  if (isNothing(securityContext)) delete holder.securityContext
  return moved === undefined ? kept : { ...kept, securityContext: moved }
}

export interface KeptFields {
  readonly spec?: MutableObject
  readonly container?: MutableObject
}

/** Takes what is only kept out of a Pod's spec. Changes `spec`. */
export const takeKept = (spec: MutableObject): KeptFields => {
  const pod = moveSecurity(spec, move(spec, podFields))
  const container = Array.isArray(spec.containers) ? spec.containers[0] : undefined
  const own = isObject(container) ? moveSecurity(container, move(container, containerFields)) : undefined
  return { ...(pod === undefined ? {} : { spec: pod }), ...(own === undefined ? {} : { container: own }) }
}

/** Writes what is kept into the annotation; without anything to keep there is none. */
export const writeKept = (sandbox: MutableObject, kept: KeptFields): void => {
  const metadata = metadataOf(sandbox)
  const annotations = isObject(metadata.annotations) ? metadata.annotations : {}
  if (kept.spec === undefined && kept.container === undefined) delete annotations[keptFieldsAnnotation]
  else annotations[keptFieldsAnnotation] = JSON.stringify(kept)
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations
  else delete metadata.annotations
}

const only = (value: unknown, known: { readonly [field: string]: Accepts }): MutableObject => {
  if (!isObject(value)) return {}
  const fields = Object.entries(value).filter(([field, inner]) =>
    field === "securityContext" ? isObject(inner) : Object.hasOwn(known, field) && known[field]?.(inner),
  )
  return Object.fromEntries(fields)
}

/** What the annotation keeps; anything that is not of its making counts as nothing. */
export const readKept = (sandbox: MutableObject): Required<KeptFields> => {
  const { annotations } = metadataOf(sandbox)
  const text = isObject(annotations) ? annotations[keptFieldsAnnotation] : undefined
  if (typeof text !== "string" || text.length > limits.keptFieldsCharactersMax)
    return { spec: {}, container: {} }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { spec: {}, container: {} }
  }
  if (!isObject(value)) return { spec: {}, container: {} }
  return { spec: only(value.spec, podFields), container: only(value.container, containerFields) }
}
