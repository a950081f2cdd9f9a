/**
 * The schema of one version of one kind, ready for use: pruning, defaulting and validation.
 * Start with {@link compileSchema}.
 */
import type { JsonObject } from "../../schemas/index.ts"
import type { CompiledSchema, FieldError, MutableObject } from "../machinery.ts"
import { applyDefaults } from "./defaulting.ts"
import { invalid } from "./field-error.ts"
import { FIELD_ERRORS_MAX } from "./limits.ts"
import { schemaNode } from "./node.ts"
import { prune } from "./pruning.ts"
import { ruleLocations } from "./rules.ts"
import { ErrorCollector, Validator } from "./validator.ts"

/**
 * Evaluates the x-kubernetes-validations of one schema; it is asked only about objects without the errors of
 * {@link blocking}. What is wrong with a part that did not change is told to `excuse` instead (KEP-4008).
 */
export type RuleEvaluator = (
  object: MutableObject,
  old: MutableObject | undefined,
  excuse: (error: FieldError) => void,
) => ReadonlyArray<FieldError>

export interface CompileOptions {
  /** Absent, rules are kept but not evaluated, and `warnings` says so. */
  readonly rules?: (schema: JsonObject) => RuleEvaluator
}

/** A CompiledSchema that says what it leaves unchecked. */
export interface Schema extends CompiledSchema {
  readonly warnings: ReadonlyArray<string>
}

/** Errors that leave nothing for rules to be asked about. Source: customresource strategy, hasBlockingErr. */
const blocking: ReadonlySet<FieldError["type"]> = new Set<FieldError["type"]>([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
])

const uncheckedRules = (): FieldError =>
  invalid(
    "<nil>",
    null,
    "some validation rules were not checked because the object was invalid; " +
      "correct the existing errors to complete validation",
  )

/**
 * The compiled form of a structural schema; what validates is built when the first object is validated.
 *
 * Fails with: Invalid when the schema nests too deep. What else may be wrong with a schema is `checkStructural`'s.
 */
export const compileSchema = (schema: JsonObject, options: CompileOptions = {}): Schema => {
  const root = schemaNode(schema)
  const rules = ruleLocations(schema)
  const evaluate = rules.length === 0 ? undefined : options.rules?.(schema)
  let validator: Validator | undefined

  const schemaErrors = (object: MutableObject, old: MutableObject | undefined): FieldError[] => {
    validator ??= new Validator(schema, { node: root })
    const collector = new ErrorCollector(FIELD_ERRORS_MAX)
    validator.check(object, undefined, collector)
    if (collector.errors.length === 0 || old === undefined) return collector.errors
    const ratcheted = new ErrorCollector(FIELD_ERRORS_MAX)
    validator.check(object, old, ratcheted)
    return ratcheted.errors
  }

  return {
    root: schema,
    warnings:
      evaluate !== undefined
        ? []
        : rules.map((location) => `x-kubernetes-validations at ${location} are stored but not evaluated`),
    prune: (object) => prune(object, root),
    applyDefaults: (object) => applyDefaults(object, root),
    validate: (object, old, warn) => {
      const errors = schemaErrors(object, old)
      if (evaluate === undefined) return errors
      if (errors.some(({ type }) => blocking.has(type))) return [...errors, uncheckedRules()]
      return [...errors, ...evaluate(object, old, ({ field, detail }) => warn?.(`${field}: ${detail}`))]
    },
  }
}
