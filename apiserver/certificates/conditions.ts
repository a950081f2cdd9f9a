/** The conditions of a CertificateSigningRequest: `Approved` or `Denied` by whoever decides, `Failed` by the signer. */
import { isObject } from "../body-object.ts"
import { clone, equal } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"

export const statusOf = (csr: MutableObject): MutableObject => {
  const { status } = csr
  if (isObject(status)) return status
  const made: MutableObject = {}
  csr.status = made
  return made
}

export const conditionsOf = (csr: MutableObject): ReadonlyArray<MutableObject> => {
  const { conditions } = isObject(csr.status) ? csr.status : {}
  return Array.isArray(conditions) ? conditions.filter(isObject) : []
}

export const typeOf = (condition: MutableObject): string => stringOf(condition, "type")

export const hasCondition = (csr: MutableObject, type: string): boolean =>
  conditionsOf(csr).some((condition) => typeOf(condition) === type)

const isDecision = (condition: MutableObject): boolean => ["Approved", "Denied"].includes(typeOf(condition))

const copies = (conditions: ReadonlyArray<MutableObject>): MutableObject[] =>
  conditions.map((condition) => clone(condition))

/** What `/approval` changes: conditions. Everything else of the status stays. */
export const confineApproval = (next: MutableObject, old: MutableObject): void => {
  const conditions = copies(conditionsOf(next))
  next.status = isObject(old.status) ? clone(old.status) : {}
  if (conditions.length > 0) statusOf(next).conditions = conditions
}

/** What `/status` may not change: the decision. */
export const keepDecision = (next: MutableObject, old: MutableObject): void => {
  const decisions = copies(conditionsOf(old).filter(isDecision))
  const others = copies(conditionsOf(next).filter((condition) => !isDecision(condition)))
  const conditions = [...decisions, ...others]
  if (conditions.length > 0) statusOf(next).conditions = conditions
  else delete statusOf(next).conditions
}

/** Times of conditions that are new or have changed. */
export const stampConditions = (next: MutableObject, old: MutableObject, now: string): void => {
  for (const condition of conditionsOf(next)) {
    const before = conditionsOf(old).find((other) => typeOf(other) === typeOf(condition))
    if (stringOf(condition, "status") === "") condition.status = "True"
    if (stringOf(condition, "lastUpdateTime") === "") condition.lastUpdateTime = now
    if (stringOf(condition, "lastTransitionTime") !== "") continue
    const same = before !== undefined && stringOf(before, "status") === stringOf(condition, "status")
    const since = same ? stringOf(before, "lastTransitionTime") : ""
    condition.lastTransitionTime = since === "" ? now : since
  }
}

/** Source: apis/certificates/validation validateConditions. */
export const conditionErrors = (
  csr: MutableObject,
  old: MutableObject | undefined,
): ReadonlyArray<FieldError> => {
  const field = "status.conditions"
  const errors: FieldError[] = []
  const conditions = conditionsOf(csr)
  for (const [index, condition] of conditions.entries()) {
    const positive = isDecision(condition) || typeOf(condition) === "Failed"
    if (!positive || stringOf(condition, "status") === "True") continue
    const detail = `Unsupported value: ${JSON.stringify(stringOf(condition, "status"))}: supported values: "True"`
    errors.push({ field: `${field}[${index}].status`, type: "FieldValueNotSupported", detail })
  }
  if (hasCondition(csr, "Approved") && hasCondition(csr, "Denied")) {
    const detail = 'Invalid value: "Denied": Approved and Denied conditions are mutually exclusive'
    errors.push({ field, type: "FieldValueInvalid", detail })
  }
  const kept = old === undefined ? [] : conditionsOf(old).filter(isDecision)
  for (const decision of kept) {
    const now = conditions.find((condition) => typeOf(condition) === typeOf(decision))
    if (now !== undefined && equal(now.status, decision.status)) continue
    const detail = `Forbidden: updates may not remove a condition of type ${JSON.stringify(typeOf(decision))}`
    errors.push({ field, type: "FieldValueForbidden", detail })
  }
  return errors
}
