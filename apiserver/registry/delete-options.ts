/** DeleteOptions, from the body or the query. */
import { decodeObject } from "../body.ts"
import { isObject } from "../body-object.ts"
import type { Call } from "../call.ts"
import type { FieldError, MutableJson, MutableObject } from "../machinery.ts"
import { badRequest, invalidOptions } from "../status-error.ts"
import { stringOf } from "./object-meta.ts"
import { dryRunErrors, notSupported } from "./write-options.ts"

export type PropagationPolicy = "Foreground" | "Background" | "Orphan"

export interface DeleteOptions {
  readonly dryRun: boolean
  readonly propagationPolicy: PropagationPolicy | undefined
  /** The older way to name a policy, where it was used: its answers differ. */
  readonly orphanDependents?: boolean
  readonly preconditions: { readonly uid: string; readonly resourceVersion: string }
  readonly gracePeriodSeconds: number | undefined
}

const policies: ReadonlyArray<PropagationPolicy> = ["Background", "Foreground", "Orphan"]

const fromQuery = (query: URLSearchParams): MutableObject => {
  const options: MutableObject = {}
  const policy = query.get("propagationPolicy")
  if (policy !== null) options.propagationPolicy = policy
  const orphan = query.get("orphanDependents")
  if (orphan !== null) options.orphanDependents = orphan === "true" || orphan === "1"
  const grace = query.get("gracePeriodSeconds")
  if (grace !== null) options.gracePeriodSeconds = /^-?\d{1,15}$/.test(grace) ? Number(grace) : grace
  const dryRun = query.getAll("dryRun").filter((value) => value !== "")
  if (dryRun.length > 0) options.dryRun = dryRun
  return options
}

const fromBody = (call: Call): MutableObject => {
  const { object } = decodeObject(call.request.body, call.request.headers["content-type"])
  const kind = stringOf(object, "kind")
  if (kind !== "" && kind !== "DeleteOptions") throw badRequest(`expected DeleteOptions, not ${kind}`)
  return object
}

const isText = (value: MutableJson | undefined): boolean => typeof value === "string"

/** What each option must be: one of another type is refused, not passed over, for its sender means something by it. */
const shapes: ReadonlyArray<readonly [string, string, (value: MutableJson) => boolean]> = [
  ["dryRun", "a list of texts", (value) => Array.isArray(value) && value.every(isText)],
  ["propagationPolicy", "a text", isText],
  ["orphanDependents", "a boolean", (value) => typeof value === "boolean"],
  ["gracePeriodSeconds", "an integer", (value) => Number.isSafeInteger(value)],
  [
    "preconditions",
    "an object with texts",
    (value) =>
      isObject(value) && [value.uid, value.resourceVersion].every((part) => part == null || isText(part)),
  ],
]

/** Fails with `BadRequest`. Source: the typed decoding of meta.k8s.io/v1 DeleteOptions. */
const checkShapes = (options: MutableObject): void => {
  for (const [name, shape, fits] of shapes) {
    const value = Object.hasOwn(options, name) ? options[name] : undefined
    if (value !== undefined && value !== null && !fits(value))
      throw badRequest(`DeleteOptions cannot be read: ${name} must be ${shape}`)
  }
}

const policyOf = (options: MutableObject): PropagationPolicy | undefined => {
  const { orphanDependents } = options
  if (typeof orphanDependents === "boolean") return orphanDependents ? "Orphan" : "Background"
  return policies.find((policy) => policy === options.propagationPolicy)
}

const errorsOf = (options: MutableObject, dryRun: ReadonlyArray<string>): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = [...dryRunErrors(dryRun)]
  const { propagationPolicy, orphanDependents } = options
  if (propagationPolicy !== undefined && propagationPolicy !== null) {
    if (typeof orphanDependents === "boolean") {
      const detail = "Invalid value: orphanDependents and deletionPropagation cannot be both set"
      errors.push({ field: "propagationPolicy", type: "FieldValueInvalid", detail })
    }
    if (!policies.some((policy) => policy === propagationPolicy)) {
      errors.push(notSupported("propagationPolicy", stringOf(options, "propagationPolicy"), policies))
    }
  }
  return errors
}

/** Fails with `BadRequest`, `Invalid`. */
export const parseDeleteOptions = (call: Call): DeleteOptions => {
  const options = call.request.body.length > 0 ? fromBody(call) : fromQuery(call.info.query)
  checkShapes(options)
  const dryRunValues = Array.isArray(options.dryRun)
    ? options.dryRun.filter((value) => typeof value === "string")
    : []
  const queryDryRun = call.info.query.getAll("dryRun").filter((value) => value !== "")
  const dryRun = [...dryRunValues, ...queryDryRun]
  const errors = errorsOf(options, dryRun)
  if (errors.length > 0) throw invalidOptions("DeleteOptions", errors)
  const preconditions = isObject(options.preconditions) ? options.preconditions : {}
  const grace = options.gracePeriodSeconds
  return {
    dryRun: dryRun.length > 0,
    propagationPolicy: policyOf(options),
    ...(typeof options.orphanDependents === "boolean" ? { orphanDependents: options.orphanDependents } : {}),
    preconditions: {
      uid: stringOf(preconditions, "uid"),
      resourceVersion: stringOf(preconditions, "resourceVersion"),
    },
    gracePeriodSeconds:
      typeof grace === "number" && Number.isFinite(grace) ? (grace < 0 ? 1 : grace) : undefined,
  }
}

/** The options as an object of meta.k8s.io/v1: what admission is told. */
export const deleteOptionsObject = (options: DeleteOptions): MutableObject => {
  const { uid, resourceVersion } = options.preconditions
  const preconditions: MutableObject = {
    ...(uid === "" ? {} : { uid }),
    ...(resourceVersion === "" ? {} : { resourceVersion }),
  }
  return {
    kind: "DeleteOptions",
    apiVersion: "meta.k8s.io/v1",
    ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
    ...(options.dryRun ? { dryRun: ["All"] } : {}),
  }
}
