/** What a CustomResourceDefinition must be beyond its own schema. Source: apiextensions/validation. */

import { isObject } from "../body-object.ts"
import { checkRules } from "../cel/index.ts"
import { equal } from "../json/index.ts"
import { type FieldError, MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import { isDeleting, metadataOf, nameOf, stringOf } from "../registry/object-meta.ts"
import { duplicate, invalid, required } from "../schema/field-error.ts"
import { checkStructural, dnsLabelProblem, dnsSubdomainProblem } from "../schema/index.ts"
import { compileJsonPath } from "../table/index.ts"
import { conversionErrors } from "./conversion.ts"
import { conditionIs, objectAt, specOf, statusOf, versionsOf } from "./definition.ts"

const selectableFieldsMax = 8

const nameErrors = (crd: MutableObject): ReadonlyArray<FieldError> => {
  const spec = specOf(crd)
  const group = stringOf(spec, "group")
  const names = objectAt(spec, "names")
  const plural = stringOf(names, "plural")
  const errors: FieldError[] = []
  const expected = `${plural}.${group}`
  if (nameOf(crd) !== expected) {
    errors.push(invalid("metadata.name", nameOf(crd), 'must be spec.names.plural+"."+spec.group'))
  }
  const groupProblem = dnsSubdomainProblem(group)
  if (groupProblem !== undefined) errors.push(invalid("spec.group", group, groupProblem))
  else if (!group.includes(".")) {
    errors.push(invalid("spec.group", group, "should be a domain with at least one dot"))
  }
  for (const [key, word] of [
    ["plural", plural],
    ["singular", stringOf(names, "singular")],
    ["kind", stringOf(names, "kind").toLowerCase()],
    ["listKind", stringOf(names, "listKind").toLowerCase()],
  ] as const) {
    const problem = word === "" ? undefined : dnsLabelProblem(word)
    if (problem !== undefined) errors.push(invalid(`spec.names.${key}`, word, problem))
    if (word === "" && (key === "plural" || key === "kind")) errors.push(required(`spec.names.${key}`, ""))
  }
  if (stringOf(names, "kind") !== "" && stringOf(names, "kind") === stringOf(names, "listKind")) {
    errors.push(
      invalid("spec.names.listKind", stringOf(names, "listKind"), "kind and listKind may not be the same"),
    )
  }
  return [...errors, ...approvalErrors(crd, group)]
}

/** `*.k8s.io` belongs to Kubernetes. Source: KEP-1111. */
const approvalErrors = (crd: MutableObject, group: string): ReadonlyArray<FieldError> => {
  const isProtected = [".k8s.io", ".kubernetes.io"].some((suffix) => group.endsWith(suffix))
  if (!isProtected) return []
  const annotations = objectAt(metadataOf(crd), "annotations")
  const approval = stringOf(annotations, "api-approved.kubernetes.io")
  if (approval.startsWith("http") || approval.startsWith("unapproved")) return []
  const why = 'protected groups must have approval annotation "api-approved.kubernetes.io"'
  return [required("metadata.annotations[api-approved.kubernetes.io]", why)]
}

/** Plain paths to fields. */
const selectablePath = /^(?:\.[A-Za-z_][A-Za-z0-9_-]*)+$/

const selectableTypes: ReadonlySet<string> = new Set(["string", "boolean", "integer"])

/** The schema of the field that a plain path leads to. */
const schemaAt = (schema: MutableObject, path: string): MutableObject | undefined => {
  let found: MutableObject | undefined = schema
  for (const key of path.split(".").slice(1)) {
    found = found === undefined ? undefined : objectIn(objectAt(found, "properties"), key)
  }
  return found
}

const selectablePathProblem = (path: string, schema: MutableObject): string | undefined => {
  if (!selectablePath.test(path)) return "must be a simple path to a field of the schema"
  if (/^\.metadata(?:\.|$)/.test(path)) return "must not point to fields in metadata"
  const field = schemaAt(schema, path)
  if (field === undefined) return "must point to a field of the schema"
  if (!selectableTypes.has(stringOf(field, "type")))
    return "must point to a field of type string, boolean or integer"
  return undefined
}

const selectableErrors = (version: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const schema = objectAt(objectAt(version, "schema"), "openAPIV3Schema")
  const paths = objectsIn(version, "selectableFields").map((entry) => stringOf(entry, "jsonPath"))
  return paths.flatMap((path, index): ReadonlyArray<FieldError> => {
    const at = `${field}.selectableFields[${index}].jsonPath`
    if (path === "") return [required(at)]
    if (paths.indexOf(path) !== index) return [duplicate(at, path)]
    const problem = selectablePathProblem(path, schema)
    return problem === undefined ? [] : [invalid(at, path, problem)]
  })
}

const columnErrors = (version: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const columns = version.additionalPrinterColumns
  if (!Array.isArray(columns)) return []
  return columns.flatMap((column, index): ReadonlyArray<FieldError> => {
    const path = isObject(column) ? stringOf(column, "jsonPath") : ""
    try {
      compileJsonPath(path)
      return []
    } catch (error) {
      if (!(error instanceof MachineryError)) throw error
      return [invalid(`${field}.additionalPrinterColumns[${index}].jsonPath`, path, error.message)]
    }
  })
}

/** Where the schema is, what is wrong with it; rules in CEL only where it is another than before. */
const schemaErrors = (
  version: MutableObject,
  old: MutableObject | undefined,
  field: string,
): ReadonlyArray<FieldError> => {
  const at = `${field}.schema.openAPIV3Schema`
  const schema = objectAt(version, "schema").openAPIV3Schema
  if (!isObject(schema)) return [required(at, "schemas are required")]
  const errors = checkStructural(schema, at)
  if (errors.length > 0) return errors
  const same = old !== undefined && equal(schema, objectAt(old, "schema").openAPIV3Schema)
  return same ? [] : checkRules(schema, at)
}

const versionErrors = (
  version: MutableObject,
  old: MutableObject | undefined,
  field: string,
): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  const name = stringOf(version, "name")
  const problem = dnsLabelProblem(name)
  if (problem !== undefined) errors.push(invalid(`${field}.name`, name, problem))
  errors.push(...schemaErrors(version, old, field))
  const selectable = version.selectableFields
  errors.push(...selectableErrors(version, field))
  if (Array.isArray(selectable) && selectable.length > selectableFieldsMax) {
    const detail = `Too many: ${selectable.length}: must have at most ${selectableFieldsMax} items`
    errors.push({ field: `${field}.selectableFields`, type: "FieldValueTooMany", detail })
  }
  errors.push(...columnErrors(version, field))
  const scale = objectAt(version, "subresources").scale
  if (isObject(scale)) {
    for (const [key, root] of [
      ["specReplicasPath", ".spec."],
      ["statusReplicasPath", ".status."],
    ] as const) {
      const path = stringOf(scale, key)
      if (!path.startsWith(root)) {
        errors.push(
          invalid(
            `${field}.subresources.scale.${key}`,
            path,
            `should be a json path under ${root.slice(0, -1)}`,
          ),
        )
      }
    }
  }
  return errors
}

const versionsErrors = (crd: MutableObject, old: MutableObject | undefined): ReadonlyArray<FieldError> => {
  const versions = versionsOf(crd)
  const before = old === undefined ? [] : versionsOf(old)
  const errors = versions.flatMap((version, index) => {
    const same = before.find((other) => other.name === version.name)
    return versionErrors(version, same, `spec.versions[${index}]`)
  })
  const seen = new Set<string>()
  for (const [index, version] of versions.entries()) {
    const name = stringOf(version, "name")
    if (seen.has(name)) {
      const detail = `Duplicate value: ${JSON.stringify(name)}`
      errors.push({ field: `spec.versions[${index}].name`, type: "FieldValueDuplicate", detail })
    }
    seen.add(name)
  }
  const storage = versions.filter((version) => version.storage === true)
  if (storage.length !== 1) {
    errors.push(
      invalid("spec.versions", [...seen], "must have exactly one version marked as storage version"),
    )
  }
  return [...errors, ...storedVersionsErrors(crd, seen)]
}

/** Every version that objects may be stored in is declared, and the storage version is one of them. */
const storedVersionsErrors = (
  crd: MutableObject,
  declared: ReadonlySet<string>,
): ReadonlyArray<FieldError> => {
  const field = "status.storedVersions"
  const stored = stringsIn(statusOf(crd), "storedVersions")
  if (stored.length === 0) return [invalid(field, [], "must have at least one stored version")]
  const errors = stored.flatMap((version, index): ReadonlyArray<FieldError> => {
    if (declared.has(version)) return []
    const why =
      `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions ` +
      `until a storage migration ensures no data remains persisted in ${version} and removes ${version} from ` +
      "status.storedVersions"
    return [invalid(`${field}[${index}]`, version, why)]
  })
  const storage = versionsOf(crd).find((version) => version.storage === true)
  const name = storage === undefined ? "" : stringOf(storage, "name")
  return name === "" || stored.includes(name)
    ? errors
    : [...errors, invalid(field, [...stored], `must have the storage version ${name}`)]
}

const immutableErrors = (crd: MutableObject, old: MutableObject): ReadonlyArray<FieldError> => {
  const established = conditionIs(old, "Established", "True")
  const [spec, before] = [specOf(crd), specOf(old)]
  const errors: FieldError[] = []
  const compare = (field: string, value: MutableJson = null, previous: MutableJson = null): void => {
    if (equal(value, previous)) return
    errors.push(invalid(field, value, "field is immutable"))
  }
  compare("spec.group", spec.group, before.group)
  compare("spec.names.plural", objectAt(spec, "names").plural, objectAt(before, "names").plural)
  if (!established) return errors
  compare("spec.scope", spec.scope, before.scope)
  compare("spec.names.kind", objectAt(spec, "names").kind, objectAt(before, "names").kind)
  return errors
}

/** All errors of a CRD; `old` for what may not change. */
export const validateCrd = (
  crd: MutableObject,
  old: MutableObject | undefined,
): ReadonlyArray<FieldError> => {
  if (old !== undefined && isDeleting(old) && equal(specOf(crd), specOf(old))) return []
  const errors = [...nameErrors(crd), ...versionsErrors(crd, old)]
  if (specOf(crd).preserveUnknownFields === true) {
    errors.push(invalid("spec.preserveUnknownFields", true, "must be false"))
  }
  errors.push(...conversionErrors(crd))
  return old === undefined ? errors : [...errors, ...immutableErrors(crd, old)]
}
