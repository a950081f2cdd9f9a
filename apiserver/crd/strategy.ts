/** CustomResourceDefinitions as objects: names filled in, status decided as they are written. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { ResourceTable } from "../resource-table.ts"
import { compileSchema } from "../schema/index.ts"
import type { Strategy } from "../strategy.ts"
import { establish, setCondition } from "./conditions.ts"
import { objectAt, specOf, versionsOf } from "./definition.ts"
import { validateCrd } from "./validation.ts"

/** Held by the manager until the last object of the kind is gone. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io"

const fillNames = (crd: MutableObject): void => {
  const spec = specOf(crd)
  const names = objectAt(spec, "names")
  const kind = stringOf(names, "kind")
  if (kind === "") return
  if (stringOf(names, "singular") === "") names.singular = kind.toLowerCase()
  if (stringOf(names, "listKind") === "") names.listKind = `${kind}List`
  if (!isObject(spec.conversion)) spec.conversion = { strategy: "None" }
}

/** What of the schemas is kept but not enforced. */
const schemaWarnings = (crd: MutableObject): ReadonlyArray<string> =>
  versionsOf(crd).flatMap((version, index) => {
    const schema = objectAt(objectAt(version, "schema"), "openAPIV3Schema")
    try {
      return compileSchema(schema).warnings.map((warning) => `spec.versions[${index}]: ${warning}`)
    } catch {
      // Validation says what is wrong with it.
      return []
    }
  })

export const crdStrategy = (resources: ResourceTable): Strategy => ({
  generation: true,
  unconditionalUpdate: false,
  deletionFinalizers: [cleanupFinalizer],
  prepareCreate: (crd, { now }) => {
    fillNames(crd)
    establish(crd, resources, now)
  },
  prepareUpdate: (crd, _old, { now, subresource }) => {
    if (subresource !== "") return
    fillNames(crd)
    establish(crd, resources, now)
  },
  prepareDelete: (crd, { now }) => {
    const message = "CustomResource deletion is pending"
    setCondition(
      crd,
      { type: "Terminating", status: "True", reason: "InstanceDeletionPending", message },
      now,
    )
  },
  validate: validateCrd,
  warnings: schemaWarnings,
})
