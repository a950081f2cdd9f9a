/** The options of a write as the query gives them. */
import type { Call } from "../call.ts"
import { userAgentManager } from "../call.ts"
import { limits } from "../limits.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { invalidOptions } from "../status-error.ts"

export type FieldValidation = "Strict" | "Warn" | "Ignore"

export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldValidation: FieldValidation
  /** As given, or from the User-Agent. */
  readonly fieldManager: string
  /** Whether the client named one: an apply must. */
  readonly named: boolean
  readonly force: boolean
}

export type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions" | "DeleteOptions"

const list = (values: ReadonlyArray<string>): string =>
  values.map((value) => JSON.stringify(value)).join(", ")

export const notSupported = (field: string, value: string, supported: ReadonlyArray<string>): FieldError => ({
  field,
  type: "FieldValueNotSupported",
  detail: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list(supported)}`,
})

/** Errors of a dryRun list: only `All` is known. */
export const dryRunErrors = (values: ReadonlyArray<string>): ReadonlyArray<FieldError> =>
  values.filter((value) => value !== "All").map((value) => notSupported("dryRun", value, ["All"]))

const validations: ReadonlyArray<FieldValidation> = ["Ignore", "Strict", "Warn"]

const managerErrors = (manager: string): ReadonlyArray<FieldError> => {
  if (manager.length > limits.fieldManagerCharactersMax) {
    const detail = `Too long: may not be more than ${limits.fieldManagerCharactersMax} bytes`
    return [{ field: "fieldManager", type: "FieldValueTooLong", detail }]
  }
  if (/^[\x20-\x7e]*$/.test(manager)) return []
  const detail = `Invalid value: ${JSON.stringify(manager)}: should only contain printable characters`
  return [{ field: "fieldManager", type: "FieldValueInvalid", detail }]
}

/** Reads and checks them. Fails with `Invalid` about the options kind. */
export const parseWriteOptions = (call: Call, kind: OptionsKind): WriteOptions => {
  const { query } = call.info
  const dryRun = query.getAll("dryRun").filter((value) => value !== "")
  const manager = query.get("fieldManager") ?? ""
  const wanted = query.get("fieldValidation") ?? ""
  const validation = validations.find((value) => value === wanted)
  const errors = [...dryRunErrors(dryRun), ...managerErrors(manager)]
  if (validation === undefined && wanted !== "") {
    errors.push(notSupported("fieldValidation", wanted, ["", ...validations]))
  }
  if (errors.length > 0) throw invalidOptions(kind, errors)
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: validation ?? "Warn",
    fieldManager: manager === "" ? userAgentManager(call.request.headers["user-agent"]) : manager,
    named: manager !== "",
    force: query.get("force") === "true" || query.get("force") === "1",
  }
}

/** The options as an object of meta.k8s.io/v1: what admission is told. */
export const optionsObject = (
  kind: "CreateOptions" | "UpdateOptions",
  options: WriteOptions,
): MutableObject => ({
  kind,
  apiVersion: "meta.k8s.io/v1",
  ...(options.dryRun ? { dryRun: ["All"] } : {}),
  ...(options.named ? { fieldManager: options.fieldManager } : {}),
  ...(options.fieldValidation === "Warn" ? {} : { fieldValidation: options.fieldValidation }),
})
