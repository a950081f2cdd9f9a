/** What an embedded resource must have of its own. Source: apiextensions `schema/objectmeta`. */
import type { JsonObject } from "../../schemas/index.ts"
import { own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { required, typeInvalid } from "./field-error.ts"
import { validateObjectMeta } from "./object-meta.ts"

export const embeddedResourceErrors = (object: JsonObject, field: string): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  for (const name of ["apiVersion", "kind"]) {
    const value = own(object, name) ?? ""
    if (value === "") errors.push(required(`${field}.${name}`, "must not be empty"))
    else if (typeof value !== "string")
      errors.push(typeInvalid(`${field}.${name}`, value, "must be a string"))
  }
  const metadata = own(object, "metadata")
  if (metadata === undefined) return [...errors, required(`${field}.metadata`, "must not be empty")]
  const rules = { namespaced: true, nameIs: "dnsSubdomain", embedded: true } as const
  for (const error of validateObjectMeta(metadata, rules)) {
    errors.push({ ...error, field: `${field}.${error.field}` })
  }
  return errors
}
