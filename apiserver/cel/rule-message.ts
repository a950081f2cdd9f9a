/** What an error about a broken rule says. */
import type { Json } from "../../schemas/index.ts"
import type { FieldError } from "../machinery.ts"
import { duplicate, forbidden, invalid, required } from "../schema/index.ts"
import { CALL_COST_MAX, MESSAGE_SIZE_MAX } from "./limits.ts"
import { type Rule, ruleText } from "./rule.ts"
import type { RuleProgram } from "./rule-program.ts"
import type { Value } from "./value.ts"

export type Message =
  | { readonly kind: "message"; readonly text: string; readonly cost: number }
  /** The budget is spent: no further rules are run. */
  | { readonly kind: "stop"; readonly why: string; readonly cost: number }

const fallback = (rule: Rule): string =>
  rule.message === "" ? `failed rule: ${ruleText(rule)}` : rule.message.trim()

/** A text that may stand in an error: one line, not empty, not too long. */
const usable = (value: Value): string | undefined => {
  if (typeof value !== "string") return undefined
  const text = value.trim()
  return text === "" || text.includes("\n") || Buffer.byteLength(text) > MESSAGE_SIZE_MAX ? undefined : text
}

/** The message of a rule; that of its messageExpression when it gives one that is usable. */
export const evaluatedMessage = (
  { rule, message }: RuleProgram,
  bindingOf: (name: string) => Value | undefined,
  budget: number,
): Message => {
  if (message?.kind !== "program") return { kind: "message", text: fallback(rule), cost: 0 }
  const result = message.program.run(bindingOf, CALL_COST_MAX)
  const { cost } = result
  if (cost > budget) {
    const why = "messageExpression evaluation failed due to running out of cost budget"
    return { kind: "stop", why: `${why}, no further validation rules will be run`, cost }
  }
  if (result.kind === "exceeded") {
    const why = "no further validation rules will be run due to call cost exceeds limit for messageExpression"
    return { kind: "stop", why: `${why}: ${JSON.stringify(rule.messageExpression)}`, cost }
  }
  const text = result.kind === "value" ? usable(result.value) : undefined
  return { kind: "message", text: text ?? fallback(rule), cost }
}

interface Place {
  readonly path: string
  readonly type: string
  readonly value: Json
}

/** Objects and lists are not shown. */
export const brokenRule = (rule: Rule, { path, type, value }: Place, detail: string): FieldError => {
  switch (rule.reason) {
    case "FieldValueForbidden":
      return forbidden(path, detail)
    case "FieldValueRequired":
      return required(path, detail)
    case "FieldValueDuplicate":
      return duplicate(path, type === "object" || type === "array" ? type : value)
    default:
      return type === "object" || type === "array"
        ? { field: path, type: "FieldValueInvalid", detail: `Invalid value: ${detail}` }
        : invalid(path, value, detail)
  }
}
