/** The Sandbox that a Pod asks for. Pure. */
import { isObject } from "../body-object.ts"
import { clone } from "../json/index.ts"
import type { FieldError, MutableJson, MutableObject } from "../machinery.ts"
import { metadataOf } from "../registry/object-meta.ts"
import type { Resource } from "../resource.ts"
import { takeKept, writeKept } from "./kept-fields.ts"
import { limits } from "./limits.ts"

export interface AskedSandbox {
  readonly sandbox: MutableObject
  /** Fields that a Sandbox has no counterpart of and that would change what runs. */
  readonly errors: ReadonlyArray<FieldError>
}

/** User and group of the pod's security context are those of its one container, unless that says otherwise. */
const lowerUser = (spec: MutableObject): void => {
  const { securityContext } = spec
  const container = Array.isArray(spec.containers) ? spec.containers[0] : undefined
  if (!isObject(securityContext) || !isObject(container)) return
  const own = isObject(container.securityContext) ? container.securityContext : {}
  for (const field of ["runAsUser", "runAsGroup"]) {
    const value = securityContext[field]
    if (value === undefined) continue
    own[field] ??= value
    delete securityContext[field]
  }
  if (Object.keys(own).length > 0) container.securityContext = own
  if (Object.keys(securityContext).length === 0) delete spec.securityContext
}

/** A promise not to run as root that the user id already keeps needs no field of its own. */
const dropKeptPromise = (spec: MutableObject): void => {
  const container = Array.isArray(spec.containers) ? spec.containers[0] : undefined
  const own = isObject(container) && isObject(container.securityContext) ? container.securityContext : {}
  if (typeof own.runAsUser !== "number" || own.runAsUser === 0) return
  for (const holder of [spec.securityContext, own]) {
    if (isObject(holder) && holder.runAsNonRoot === true) delete holder.runAsNonRoot
  }
  if (isObject(spec.securityContext) && Object.keys(spec.securityContext).length === 0)
    delete spec.securityContext
}

const unsupported = (field: string): FieldError => ({
  field,
  type: "FieldValueForbidden",
  detail: "Forbidden: pods are run as Sandboxes, which do not have this field",
})

const tooMuchKept: FieldError = {
  field: "spec",
  type: "FieldValueTooLong",
  detail: `Too long: the fields that are only kept may have ${limits.keptFieldsCharactersMax} characters`,
}

/**
 * The Sandbox of a Pod: every field of the same name and meaning is taken over, whatever a Sandbox has, so that the two grow
 * together. What is left over is an error.
 */
export const sandboxOfPod = (pod: MutableObject, sandboxes: Resource): AskedSandbox => {
  const spec: MutableJson = clone(pod.spec ?? {})
  const sandbox: MutableObject = {
    apiVersion: sandboxes.storage.apiVersion,
    kind: sandboxes.kind,
    metadata: clone(metadataOf(pod)),
    spec,
  }
  if (!isObject(spec)) return { sandbox, errors: [] }
  lowerUser(spec)
  dropKeptPromise(spec)
  const kept = takeKept(spec)
  writeKept(sandbox, kept)
  const { runtimeClassName } = spec
  delete spec.runtimeClassName
  if (runtimeClassName !== undefined) spec.runtimeHandler = runtimeClassName
  const errors = sandboxes.storage.schema.prune(sandbox).map(unsupported)
  const isTooMuch = JSON.stringify(kept).length > limits.keptFieldsCharactersMax
  return { sandbox, errors: isTooMuch ? [...errors, tooMuchKept] : errors }
}
