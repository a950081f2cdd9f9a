export { type AdmissionVariableOptions, admissionVariables } from "./admission-variables.ts"
export {
  type AskAuthorizer,
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  AuthorizerValue,
  ResourceCheckValue,
  type ResourceQuestion,
} from "./authorizer-value.ts"
export { checkDefaults } from "./default-check.ts"
export {
  anyVariable,
  authorizerVariable,
  type Bindings,
  ComputedValues,
  compileExpression,
  computedVariable,
  type Expression,
  type ExpressionOptions,
  resourceCheckVariable,
  schemaVariable,
  type VariableType,
} from "./expression.ts"
export { CALL_COST_MAX, MATCH_CONDITIONS_COST_MAX, OBJECT_COST_MAX } from "./limits.ts"
export type { Evaluation } from "./program.ts"
export { checkRules } from "./rule-check.ts"
export { compileRules } from "./rule-evaluation.ts"
export type { Issue } from "./source.ts"
export { textsOf } from "./texts.ts"
export type { Type } from "./type.ts"
export type { Value } from "./value.ts"
