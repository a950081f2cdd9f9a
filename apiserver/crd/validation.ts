/** What a CustomResourceDefinition must be beyond its own schema. Source: apiextensions/validation. */

import { isObject } from "../body-object.ts"
import { checkDefaults, checkRules } from "../cel/index.ts"
import { equal } from "../json/index.ts"
import { type FieldError, MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import { stringsIn } from "../open-fields.ts"
import { isDeleting, metadataOf, nameOf, stringOf } from "../registry/object-meta.ts"
import { invalid, required } from "../schema/field-error.ts"
import { checkStructural, dnsLabelProblem, dnsSubdomainProblem } from "../schema/index.ts"
import { compileJsonPath } from "../table/index.ts"
import { conversionErrors } from "./conversion.ts"
import { conditionIs, objectAt, specOf, statusOf, versionsOf } from "./definition.ts"
import { selectableFieldErrors } from "./selectable-fields.ts"

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
  if (same) return []
  const broken = checkRules(schema, at)
  return broken.length > 0 ? broken : checkDefaults(schema, at)
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
  const schema = objectAt(objectAt(version, "schema"), "openAPIV3Schema")
  errors.push(...selectableFieldErrors(version, schema, field))
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
