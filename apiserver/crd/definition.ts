/** CustomResourceDefinition objects read as definitions. Total: what the schema did not check is not assumed. */

import type {
  PrinterColumn,
  ResourceDefinition,
  ResourceNames,
  ResourceVersionDefinition,
} from "../../schemas/index.ts"
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"

export const crdGroup = "apiextensions.k8s.io"
export const crdId = `${crdGroup}/customresourcedefinitions`

const objectAt = (object: MutableObject, key: string): MutableObject => {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  return isObject(value) ? value : {}
}

const objectsAt = (object: MutableObject, key: string): ReadonlyArray<MutableObject> => {
  const value = Object.hasOwn(object, key) ? object[key] : undefined
  return Array.isArray(value) ? value.filter(isObject) : []
}

const stringsAt = (object: MutableObject, key: string): ReadonlyArray<string> => {
  const value: MutableJson | undefined = Object.hasOwn(object, key) ? object[key] : undefined
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : []
}

export const specOf = (crd: MutableObject): MutableObject => objectAt(crd, "spec")
export const statusOf = (crd: MutableObject): MutableObject => objectAt(crd, "status")
export const versionsOf = (crd: MutableObject): ReadonlyArray<MutableObject> =>
  objectsAt(specOf(crd), "versions")
export const conditionsOf = (crd: MutableObject): ReadonlyArray<MutableObject> =>
  objectsAt(statusOf(crd), "conditions")
export { objectAt, stringsAt }

export const conditionIs = (crd: MutableObject, type: string, status: string): boolean =>
  conditionsOf(crd).some((condition) => condition.type === type && condition.status === status)

const namesOf = (crd: MutableObject): ResourceNames => {
  const names = objectAt(specOf(crd), "names")
  const kind = stringOf(names, "kind")
  return {
    plural: stringOf(names, "plural"),
    singular: stringOf(names, "singular") || kind.toLowerCase(),
    kind,
    listKind: stringOf(names, "listKind") || `${kind}List`,
    shortNames: stringsAt(names, "shortNames"),
    categories: stringsAt(names, "categories"),
  }
}

const columnTypes: ReadonlyArray<PrinterColumn["type"]> = ["string", "integer", "number", "boolean", "date"]

const columnOf = (column: MutableObject): PrinterColumn => ({
  name: stringOf(column, "name"),
  type: columnTypes.find((type) => type === column.type) ?? "string",
  jsonPath: stringOf(column, "jsonPath"),
  format: stringOf(column, "format"),
  description: stringOf(column, "description"),
  priority: typeof column.priority === "number" ? column.priority : 0,
})

const subresourcesOf = (version: MutableObject): ResourceVersionDefinition["subresources"] => {
  const given = objectAt(version, "subresources")
  const scale = isObject(given.scale) ? given.scale : undefined
  return {
    ...(isObject(given.status) ? { status: {} } : {}),
    ...(scale === undefined
      ? {}
      : {
          scale: {
            specReplicasPath: stringOf(scale, "specReplicasPath"),
            statusReplicasPath: stringOf(scale, "statusReplicasPath"),
            ...(stringOf(scale, "labelSelectorPath") === ""
              ? {}
              : { labelSelectorPath: stringOf(scale, "labelSelectorPath") }),
          },
        }),
  }
}

const versionOf = (version: MutableObject): ResourceVersionDefinition => {
  const columns = objectsAt(version, "additionalPrinterColumns")
  return {
    name: stringOf(version, "name"),
    served: version.served === true,
    storage: version.storage === true,
    deprecated: version.deprecated === true,
    ...(stringOf(version, "deprecationWarning") === ""
      ? {}
      : { deprecationWarning: stringOf(version, "deprecationWarning") }),
    schema: { openAPIV3Schema: objectAt(objectAt(version, "schema"), "openAPIV3Schema") },
    ...subresourcesPart(version),
    ...(columns.length === 0 ? {} : { additionalPrinterColumns: columns.map(columnOf) }),
    selectableFields: objectsAt(version, "selectableFields").map((field) => ({
      jsonPath: stringOf(field, "jsonPath"),
    })),
  }
}

const subresourcesPart = (version: MutableObject) => {
  const subresources = subresourcesOf(version)
  return subresources === undefined ? {} : { subresources }
}

/** The definition in a CRD; undefined when it could not be served (it was stored before a rule existed). */
export const definitionOf = (crd: MutableObject): ResourceDefinition | undefined => {
  const spec = specOf(crd)
  const names = namesOf(crd)
  const versions = versionsOf(crd).map(versionOf)
  if (names.plural === "" || names.kind === "" || versions.length === 0) return undefined
  return {
    group: stringOf(spec, "group"),
    scope: spec.scope === "Cluster" ? "Cluster" : "Namespaced",
    names,
    versions,
  }
}
