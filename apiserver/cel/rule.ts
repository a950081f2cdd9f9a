/** The rules of a schema, x-kubernetes-validations, as they are written. */
import type { JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"

export interface Rule {
  readonly rule: string
  readonly message: string
  readonly messageExpression: string
  /** `FieldValueInvalid` unless it says otherwise. */
  readonly reason: string
  readonly fieldPath: string
  /** Undefined: not set, which is not the same as false. */
  readonly optionalOldSelf: boolean | undefined
  /** As it stands in the schema, for errors. */
  readonly written: JsonObject
}

const textAt = (rule: JsonObject, key: string): string => {
  const value = own(rule, key)
  return typeof value === "string" ? value : ""
}

export const rulesOf = (schema: JsonObject): ReadonlyArray<Rule> => {
  const rules = own(schema, "x-kubernetes-validations")
  if (!isArray(rules)) return []
  return rules.filter(isObject).map((written) => {
    const optionalOldSelf = own(written, "optionalOldSelf")
    return {
      rule: textAt(written, "rule"),
      message: textAt(written, "message"),
      messageExpression: textAt(written, "messageExpression"),
      reason: textAt(written, "reason"),
      fieldPath: textAt(written, "fieldPath"),
      optionalOldSelf: typeof optionalOldSelf === "boolean" ? optionalOldSelf : undefined,
      written,
    }
  })
}

/** How errors call a rule. */
export const ruleText = ({ rule, message }: Rule): string => (message === "" ? rule : message).trim()
