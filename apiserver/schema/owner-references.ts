/** Validation of metadata.ownerReferences. Source: apimachinery `api/validation`, ValidateOwnerReferences. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { invalid, typeInvalid } from "./field-error.ts"

const field = "metadata.ownerReferences"

const referenceErrors = (reference: JsonObject): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  for (const name of ["apiVersion", "kind", "name", "uid"]) {
    const value = own(reference, name) ?? ""
    if (typeof value !== "string") errors.push(typeInvalid(`${field}.${name}`, value, "must be a string"))
    else if (value === "") {
      const subject = name === "apiVersion" ? "version" : name
      errors.push(invalid(`${field}.${name}`, value, `${subject} must not be empty`))
    }
  }
  for (const name of ["controller", "blockOwnerDeletion"]) {
    const value = own(reference, name) ?? false
    if (typeof value !== "boolean") errors.push(typeInvalid(`${field}.${name}`, value, "must be a boolean"))
  }
  if (own(reference, "apiVersion") === "v1" && own(reference, "kind") === "Event") {
    errors.push(invalid(field, reference, "v1, Kind=Event is disallowed from being an owner"))
  }
  return errors
}

export const ownerReferenceErrors = (references: Json | undefined): ReadonlyArray<FieldError> => {
  if (references === undefined || references === null) return []
  if (!isArray(references)) return [typeInvalid(field, references, "must be a list")]
  const errors: FieldError[] = []
  let controller: string | undefined
  for (const reference of references) {
    if (!isObject(reference)) {
      errors.push(typeInvalid(field, reference, "must be an object"))
      continue
    }
    errors.push(...referenceErrors(reference))
    if (own(reference, "controller") !== true) continue
    const given = own(reference, "name")
    const name = typeof given === "string" ? given : ""
    if (controller !== undefined) {
      const why =
        "Only one reference can have Controller set to true. " +
        `Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(field, references, why))
    }
    controller = name
  }
  return errors
}
