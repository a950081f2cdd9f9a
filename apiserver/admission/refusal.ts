/** The words of admission's refusals. Source: admission/plugin/webhook/errors, policy/validating/dispatcher. */
import { type Status, type StatusCause, type StatusReason, statusReasons } from "../../schemas/index.ts"
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { objectIn, objectsIn } from "../open-fields.ts"
import { admissionSubject } from "../registry/context.ts"
import { stringOf } from "../registry/object-meta.ts"
import { badRequest, failure, forbidden, StatusError } from "../status-error.ts"
import type { Attributes } from "./attributes.ts"

const internal = (why: string, cause?: unknown): StatusError =>
  failure("InternalError", `Internal error occurred: ${why}`, {
    details: { causes: [{ reason: "", message: why }] },
    cause,
  })

/** A webhook gave no answer, and its failurePolicy is Fail. */
export const callFailed = (webhook: string, cause: Error): StatusError =>
  internal(
    `failed calling webhook ${JSON.stringify(webhook)}: failed to call webhook: ${cause.message}`,
    cause,
  )

export const badPatch = (webhook: string, why: string, cause?: unknown): StatusError =>
  internal(`admission webhook ${JSON.stringify(webhook)} ${why}`, cause)

export const dryRunUnsupported = (webhook: string): StatusError =>
  badRequest(`admission webhook ${JSON.stringify(webhook)} does not support dry run`)

const subjectOf = ({ request }: Attributes) => admissionSubject(request)

const isReason = (text: string): text is StatusReason => Object.hasOwn(statusReasons, text)

const causesOf = (details: MutableObject): ReadonlyArray<StatusCause> =>
  objectsIn(details, "causes").map((cause) => ({
    reason: stringOf(cause, "reason"),
    message: stringOf(cause, "message"),
    ...(stringOf(cause, "field") === "" ? {} : { field: stringOf(cause, "field") }),
  }))

const detailsOf = (status: MutableObject, attributes: Attributes): NonNullable<Status["details"]> => {
  const given = objectIn(status, "details")
  const { group, plural, name = "" } = subjectOf(attributes)
  if (given === undefined) return { name, ...(group === "" ? {} : { group }), kind: plural }
  const causes = causesOf(given)
  const retry = given.retryAfterSeconds
  return {
    ...textsOf(given, ["name", "group", "kind", "uid"]),
    ...(causes.length === 0 ? {} : { causes }),
    ...(typeof retry === "number" ? { retryAfterSeconds: retry } : {}),
  }
}

const textsOf = (from: MutableObject, keys: ReadonlyArray<string>): { readonly [key: string]: string } =>
  Object.fromEntries(keys.flatMap((key) => (stringOf(from, key) === "" ? [] : [[key, stringOf(from, key)]])))

/** The status that a webhook denies with, its own message behind ours. 403 Forbidden unless it says otherwise. */
export const denied = (
  webhook: string,
  status: MutableObject | undefined,
  attributes: Attributes,
): StatusError => {
  const given = isObject(status) ? status : {}
  const message = stringOf(given, "message")
  const reason = stringOf(given, "reason")
  const prefix = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const said = message === "" ? reason : message
  const code =
    typeof given.code === "number" && given.code >= 400 && given.code < 600 ? given.code : undefined
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: said === "" ? `${prefix} without explanation` : `${prefix}: ${said}`,
    ...(isReason(reason) ? { reason } : code === undefined ? { reason: "Forbidden" as const } : {}),
    details: detailsOf(given, attributes),
    code: code ?? (isReason(reason) ? statusReasons[reason].code : statusReasons.Forbidden.code),
  })
}

/** A condition that could not be evaluated, where that refuses. */
export const conditionFailed = (attributes: Attributes, why: string): StatusError =>
  forbidden(subjectOf(attributes), why)

const policyReasons: ReadonlyArray<StatusReason> = [
  "Unauthorized",
  "Forbidden",
  "Invalid",
  "RequestEntityTooLarge",
]

/** A policy refuses: worded as a Forbidden, whatever its reason. */
export const policyDenied = (attributes: Attributes, message: string, reason: string): StatusError => {
  const known = policyReasons.find((candidate) => candidate === reason) ?? "Invalid"
  const { status } = forbidden(subjectOf(attributes), message, [{ reason: "", message }])
  return new StatusError({ ...status, reason: known, code: statusReasons[known].code })
}
