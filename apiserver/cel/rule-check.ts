/**
 * The rules of a schema judged when the schema is: do they compile, and may they become too expensive?
 * Source: apiextensions `apis/apiextensions/validation`. Start with {@link checkRules}.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { forbidden, invalid, notSupported, required } from "../schema/index.ts"
import { type Declaration, declarationOf } from "./declaration.ts"
import { REQUEST_SIZE_MAX, RULE_ESTIMATE_MAX, SCHEMA_ESTIMATE_MAX } from "./limits.ts"
import { type Rule, rulesOf } from "./rule.ts"
import { relativeFieldPath } from "./rule-field-path.ts"
import { type Compiled, ruleProgram } from "./rule-program.ts"

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"]

const hasLineEnd = (text: string): boolean => /[\n\r]/.test(text)

/** What is wrong with a rule as it is written, whatever its expressions mean. */
const writtenErrors = (rule: Rule, schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  const [source, message] = [rule.rule.trim(), rule.message.trim()]
  if (source === "") errors.push(required(`${path}.rule`, "rule is not specified"))
  else if (rule.message !== "" && message === "") {
    errors.push(invalid(`${path}.message`, rule.message, "must be non-empty if specified"))
  } else if (hasLineEnd(message)) {
    errors.push(invalid(`${path}.message`, rule.message, "must not contain line breaks"))
  } else if (hasLineEnd(source) && message === "") {
    errors.push(required(`${path}.message`, "message must be specified if rule contains line breaks"))
  }
  if (rule.messageExpression !== "" && rule.messageExpression.trim() === "") {
    errors.push(required(`${path}.messageExpression`, "messageExpression must be non-empty if specified"))
  }
  if (rule.reason !== "" && !reasons.includes(rule.reason)) {
    errors.push(notSupported(`${path}.reason`, rule.reason, reasons))
  }
  if (rule.fieldPath !== "" && rule.fieldPath.trim() === "") {
    errors.push(invalid(`${path}.fieldPath`, rule.fieldPath, "must be non-empty if specified"))
  }
  if (hasLineEnd(rule.fieldPath)) {
    errors.push(invalid(`${path}.fieldPath`, rule.fieldPath, "must not contain line breaks"))
  }
  if (rule.fieldPath !== "" && relativeFieldPath(rule.fieldPath, schema) === undefined) {
    errors.push(invalid(`${path}.fieldPath`, rule.fieldPath, "must be a valid path"))
  }
  return errors
}

/** How far beyond its limit an estimate is. */
const overBudget = (what: string, estimate: number, limit: number): string => {
  const factor = estimate / limit
  const shown = factor > 100 ? "more than 100x" : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`
  return (
    `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and ` +
    "maxLength where arrays, maps, and strings are declared)"
  )
}

/** Where a schema stands in the whole. */
interface Place {
  readonly path: string
  readonly isResource: boolean
  /** How often values of it may be in an object; undefined: as often as a request has room for. */
  readonly cardinality: number | undefined
  /** The list around it whose items have no counterparts in the old object. */
  readonly uncorrelatable: string | undefined
}

interface Contribution {
  readonly path: string
  readonly cost: number
}

/** A rule that contributes less than this part of the limit is not named. */
const NAMED_COST_MIN = SCHEMA_ESTIMATE_MAX / 100
const NAMED_MAX = 4

const maxElementsOf = (schema: JsonObject): number | undefined => {
  const bound = (key: string): number | undefined => {
    const value = own(schema, key)
    return typeof value === "number" ? Math.max(0, value) : undefined
  }
  switch (own(schema, "type")) {
    case "object":
      return own(schema, "additionalProperties") === undefined ? 1 : bound("maxProperties")
    case "array":
      return bound("maxItems")
    default:
      return 1
  }
}

class Check {
  readonly errors: FieldError[] = []
  readonly #contributions: Contribution[] = []

  visit(schema: JsonObject, place: Place): void {
    const elements = maxElementsOf(schema)
    const { path } = place
    const cardinality =
      place.cardinality === undefined || elements === undefined ? undefined : place.cardinality * elements
    const below = (child: Json | undefined, at: string, uncorrelatable = place.uncorrelatable): void => {
      if (!isObject(child)) return
      const isResource = own(child, "x-kubernetes-embedded-resource") === true
      this.visit(child, { path: at, isResource, cardinality, uncorrelatable })
    }
    below(own(schema, "additionalProperties"), `${path}.additionalProperties`)
    const properties = own(schema, "properties")
    if (isObject(properties)) {
      for (const [name, property] of Object.entries(properties))
        below(property, `${path}.properties[${name}]`)
    }
    const isMapList = own(schema, "x-kubernetes-list-type") === "map"
    below(
      own(schema, "items"),
      `${path}.items`,
      isMapList ? place.uncorrelatable : (place.uncorrelatable ?? path),
    )
    this.#rules(schema, place)
  }

  #rules(schema: JsonObject, place: Place): void {
    const rules = rulesOf(schema)
    if (rules.length === 0) return
    const at = `${place.path}.x-kubernetes-validations`
    const written = rules.flatMap((rule, index) => writtenErrors(rule, schema, `${at}[${index}]`))
    this.errors.push(...written)
    if (written.length > 0) return
    const declaration = declarationOf(schema, { name: "self", isResource: place.isResource })
    if (declaration === undefined) {
      this.errors.push(invalid(at, "", "unable to convert structural schema to CEL declarations"))
      return
    }
    for (const [index, rule] of rules.entries()) {
      this.#rule(rule, { schema, declaration, place, at: `${at}[${index}]` })
    }
  }

  #rule(
    rule: Rule,
    context: {
      readonly schema: JsonObject
      readonly declaration: Declaration
      readonly place: Place
      readonly at: string
    },
  ): void {
    const { schema, declaration, place, at } = context
    const program = ruleProgram(rule, schema, declaration)
    const times = place.cardinality ?? Math.floor(REQUEST_SIZE_MAX / (declaration.minSize + 1))
    this.#expression(program.condition, { at: `${at}.rule`, what: "estimated rule cost", times, rule })
    if (program.message !== undefined) {
      const what = "estimated messageExpression cost"
      this.#expression(program.message, { at: `${at}.messageExpression`, what, times: 1, rule })
    }
    if (program.usesOldSelf && place.uncorrelatable !== undefined) {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`
      this.errors.push(invalid(`${at}.rule`, rule.rule, why))
    }
    if (!program.usesOldSelf && program.condition.kind === "program" && rule.optionalOldSelf !== undefined) {
      const why = "may not be set if oldSelf is not used in rule"
      this.errors.push(invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, why))
    }
  }

  #expression(
    compiled: Compiled,
    {
      at,
      what,
      times,
      rule,
    }: { readonly at: string; readonly what: string; readonly times: number; readonly rule: Rule },
  ): void {
    if (compiled.kind === "error") {
      this.errors.push(invalid(at, rule.written, compiled.message))
      return
    }
    const cost = compiled.maxCost * times
    if (cost > RULE_ESTIMATE_MAX) this.errors.push(forbidden(at, overBudget(what, cost, RULE_ESTIMATE_MAX)))
    this.#contributions.push({ path: at, cost })
  }

  /** What all rules together may cost, and which of them are to blame. */
  total(path: string): void {
    const total = this.#contributions.reduce((sum, { cost }) => sum + cost, 0)
    if (total <= SCHEMA_ESTIMATE_MAX) return
    const worst = this.#contributions.filter(({ cost }) => cost >= NAMED_COST_MIN)
    worst.sort((a, b) => b.cost - a.cost)
    for (const { path: at } of worst.slice(0, NAMED_MAX)) {
      const why = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
      this.errors.push(forbidden(at, why))
    }
    const what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"
    this.errors.push(forbidden(path, overBudget(what, total, SCHEMA_ESTIMATE_MAX)))
  }
}

/** What is wrong with the rules of a structural schema; the path is that of the schema: `spec.versions[0]...`. */
export const checkRules = (schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  const check = new Check()
  check.visit(schema, { path, isResource: true, cardinality: 1, uncorrelatable: undefined })
  check.total(path)
  return check.errors
}
