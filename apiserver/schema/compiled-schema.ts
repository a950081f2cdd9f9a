/**
 * The schema of one version of one kind, ready for use: pruning, defaulting and validation.
 * Start with {@link compileSchema}.
 */
import type { JsonObject } from "../../schemas/index.ts"
import type { CompiledSchema, FieldError, MutableObject } from "../machinery.ts"
import { type LocatedError, locatedErrors } from "./ajv-errors.ts"
import { ajvValidator } from "./ajv-validator.ts"
import { applyDefaults } from "./defaulting.ts"
import { inDocumentOrder } from "./document-order.ts"
import { extensionErrors } from "./extensions.ts"
import { invalid } from "./field-error.ts"
import { FIELD_ERRORS_MAX } from "./limits.ts"
import { schemaNode } from "./node.ts"
import { prune } from "./pruning.ts"
import { withoutUnchanged } from "./ratcheting.ts"
import { ruleLocations } from "./rules.ts"

/** Evaluates the x-kubernetes-validations of one schema; it is asked only about objects that are otherwise valid. */
export type RuleEvaluator = (
  object: MutableObject,
  old: MutableObject | undefined,
) => ReadonlyArray<FieldError>

export interface CompileOptions {
  /** Absent, rules are kept but not evaluated, and `warnings` says so. */
  readonly rules?: (schema: JsonObject) => RuleEvaluator
}

/** A CompiledSchema that says what it leaves unchecked. */
export interface Schema extends CompiledSchema {
  readonly warnings: ReadonlyArray<string>
}

const none: ReadonlyArray<FieldError> = []

const uncheckedRules = (): FieldError =>
  invalid(
    "",
    null,
    "some validation rules were not checked because the object was invalid; " +
      "correct the existing errors to complete validation",
  )

/**
 * The compiled form of a structural schema; ajv compiles when the first object is validated.
 *
 * Fails with: Invalid when the schema nests too deep. What else may be wrong with a schema is `checkStructural`'s.
 */
export const compileSchema = (schema: JsonObject, options: CompileOptions = {}): Schema => {
  const root = schemaNode(schema)
  const jsonSchemaErrors = ajvValidator(schema)
  const rules = ruleLocations(schema)
  const evaluate = rules.length === 0 ? undefined : options.rules?.(schema)

  const schemaErrors = (
    object: MutableObject,
    old: MutableObject | undefined,
  ): ReadonlyArray<LocatedError> => {
    const { errors: found, complete } = jsonSchemaErrors(object)
    const own = root.hasExtensions ? extensionErrors(object, root) : []
    if (found.length === 0 && own.length === 0) return []
    const errors = [...locatedErrors(object, found), ...own]
    const ratchets = old !== undefined && complete
    const counted = ratchets ? withoutUnchanged(errors, { object, old, root }) : errors
    return inDocumentOrder(object, counted.slice(0, FIELD_ERRORS_MAX))
  }

  return {
    root: schema,
    warnings:
      evaluate !== undefined
        ? []
        : rules.map((location) => `x-kubernetes-validations at ${location} are stored but not evaluated`),
    prune: (object) => prune(object, root),
    applyDefaults: (object) => applyDefaults(object, root),
    validate: (object, old) => {
      const located = schemaErrors(object, old)
      if (located.length === 0) return evaluate === undefined ? none : evaluate(object, old)
      const errors = located.map(({ error }) => error)
      if (evaluate !== undefined) errors.push(uncheckedRules())
      return errors
    },
  }
}
