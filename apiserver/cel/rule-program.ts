/** One rule made ready: its expression and that of its message. */
import type { JsonObject } from "../../schemas/index.ts"
import { baseFunctions } from "./base-environment.ts"
import { estimateCost } from "./cost-estimate.ts"
import type { Declaration } from "./declaration.ts"
import type { Environment } from "./environment.ts"
import { compile, type Program } from "./program.ts"
import type { Rule } from "./rule.ts"
import { relativeFieldPath } from "./rule-field-path.ts"
import { CompileError } from "./source.ts"
import { optionalOf, type Type } from "./type.ts"

/** A program, or why there is none. */
export type Compiled =
  | { readonly kind: "program"; readonly program: Program; readonly maxCost: number }
  | { readonly kind: "error"; readonly message: string }

export interface RuleProgram {
  readonly rule: Rule
  readonly condition: Compiled
  /** Undefined when the rule has no messageExpression. */
  readonly message: Compiled | undefined
  readonly usesOldSelf: boolean
  /** Where the error is, relative to the value that the rule is about; "" for that value itself. */
  readonly fieldPath: string
}

const environmentFor = (type: Type, optionalOldSelf: boolean): Environment => ({
  functions: baseFunctions,
  variables: new Map([
    ["self", type],
    ["oldSelf", optionalOldSelf ? optionalOf(type) : type],
  ]),
  container: "",
  mixedLiterals: false,
})

interface Wanted {
  readonly type: "bool" | "string"
  readonly failure: string
  readonly wrongType: string
}

const condition: Wanted = {
  type: "bool",
  failure: "compilation failed",
  wrongType: "cel expression must evaluate to a bool",
}
const message: Wanted = {
  type: "string",
  failure: "messageExpression compilation failed",
  wrongType: "messageExpression must evaluate to a string",
}

interface Typed {
  readonly environment: Environment
  readonly declaration: Declaration
}

const compiled = (source: string, { environment, declaration }: Typed, wanted: Wanted): Compiled => {
  try {
    const program = compile(source, environment)
    if (program.type.kind !== wanted.type) return { kind: "error", message: wanted.wrongType }
    const variables = new Map([
      ["self", declaration],
      ["oldSelf", declaration],
    ])
    return { kind: "program", program, maxCost: estimateCost(program.checked, variables).max }
  } catch (error) {
    if (error instanceof CompileError)
      return { kind: "error", message: `${wanted.failure}: ${error.message}` }
    throw error
  }
}

/** A rule about values of a schema and its declaration. */
export const ruleProgram = (rule: Rule, schema: JsonObject, declaration: Declaration): RuleProgram => {
  const environment = environmentFor(declaration.type, rule.optionalOldSelf === true)
  const typed = { environment, declaration }
  const checked = compiled(rule.rule, typed, condition)
  return {
    rule,
    condition: checked,
    message: rule.messageExpression === "" ? undefined : compiled(rule.messageExpression, typed, message),
    usesOldSelf: checked.kind === "program" && checked.program.uses("oldSelf"),
    fieldPath: rule.fieldPath === "" ? "" : (relativeFieldPath(rule.fieldPath, schema) ?? ""),
  }
}
