/** Namespaces: kept by `spec.finalizers` until what is in them is gone. Source: registry/core/namespace. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { isDeleting, metadataOf, nameOf, stringOf } from "../registry/object-meta.ts"
import { forbidden } from "../status-error.ts"
import type { Strategy } from "../strategy.ts"

const subject = { group: "", plural: "namespaces", kind: "Namespace" }

/** Namespaces that a cluster always has. Source: plugin namespace/lifecycle. */
export const immortal: ReadonlyArray<string> = ["default", "kube-system", "kube-public"]

const nameLabel = "kubernetes.io/metadata.name"

const partOf = (object: MutableObject, key: string): MutableObject => {
  const value = object[key]
  if (isObject(value)) return value
  const made: MutableObject = {}
  object[key] = made
  return made
}

const setNameLabel = (object: MutableObject): void => {
  const name = nameOf(object)
  if (name !== "") partOf(metadataOf(object), "labels")[nameLabel] = name
}

const finalizersOf = (object: MutableObject): ReadonlyArray<string> => {
  const { finalizers } = isObject(object.spec) ? object.spec : {}
  return Array.isArray(finalizers) ? finalizers.filter((item) => typeof item === "string") : []
}

/** Only `/finalize` changes spec.finalizers. */
const confine = (next: MutableObject, old: MutableObject): void => {
  const { finalizers } = isObject(old.spec) ? old.spec : {}
  const spec = partOf(next, "spec")
  if (finalizers === undefined) delete spec.finalizers
  else spec.finalizers = structuredClone(finalizers)
}

export const namespaceStrategy: Strategy = {
  generation: false,
  unconditionalUpdate: true,
  collectionDelete: false,
  labelNames: true,
  prepareCreate: (object) => {
    object.spec = { finalizers: ["kubernetes"] }
    object.status = { phase: "Active" }
    setNameLabel(object)
  },
  prepareUpdate: (object, old, { subresource }) => {
    if (subresource !== "finalize") confine(object, old)
    setNameLabel(object)
    const status = partOf(object, "status")
    if (isDeleting(object)) status.phase = "Terminating"
    else if (stringOf(status, "phase") === "") status.phase = "Active"
  },
  subresources: {
    finalize: (next, old) => {
      const status = old.status
      if (status === undefined) delete next.status
      else next.status = structuredClone(status)
    },
  },
  refuseDelete: (name) =>
    immortal.includes(name)
      ? forbidden({ ...subject, name }, "this namespace may not be deleted")
      : undefined,
  prepareDelete: (object) => {
    partOf(object, "status").phase = "Terminating"
  },
  held: (object) => finalizersOf(object).length > 0,
}
