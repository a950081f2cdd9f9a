/**
 * The rules of a schema asked about an object.
 *
 * Rules about what was before (oldSelf) are asked where a part has a counterpart in the old object: fields, entries
 * of maps, items of lists of type map. A failure about a part that did not change is no error (KEP-4008), unless the
 * rule uses oldSelf. Source: KEP-2876, apiextensions `schema/cel/validation.go`. Start with {@link compileRules}.
 */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { equal, isArray, isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { canonicalText, invalid, itemKey, itemsByKey, type RuleEvaluator } from "../schema/index.ts"
import type { Declaration } from "./declaration.ts"
import { EvaluationError } from "./evaluation-error.ts"
import { valueOfJson } from "./json-value.ts"
import { CALL_COST_MAX, OBJECT_COST_MAX, RULE_ERRORS_MAX } from "./limits.ts"
import { ruleText } from "./rule.ts"
import { brokenRule, evaluatedMessage } from "./rule-message.ts"
import type { RuleProgram } from "./rule-program.ts"
import { type RuleNode, ruleTree } from "./rule-tree.ts"
import { none, Optional, type Value } from "./value.ts"

const OUT_OF_BUDGET =
  "validation failed due to running out of cost budget, no further validation rules will be run"

/** A part of the object and what became of it. */
interface Part {
  readonly value: Json
  /** What it was; undefined when it is new or has no counterpart. */
  readonly old: Json | undefined
  readonly path: string
  /** What it is part of. */
  readonly outer: Part | undefined
  /** Whether failures are excused when it did not change. */
  readonly isCorrelated: boolean
}

/** Whether the part, or the closest part around it that has a counterpart, is what it was. */
const isUnchanged = (part: Part): boolean => {
  let known: Part | undefined = part
  while (known !== undefined && !known.isCorrelated) known = known.outer
  return known?.old !== undefined && equal(known.value, known.old)
}

const childPath = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`)

class Evaluation {
  readonly errors: FieldError[] = []
  readonly #excuse: (error: FieldError) => void
  #budget = OBJECT_COST_MAX
  /** Set when the budget is spent or there are errors enough: they are all there will be. */
  #isOver = false

  constructor(excuse: (error: FieldError) => void) {
    this.#excuse = excuse
  }

  visit(node: RuleNode, part: Part): void {
    if (part.value === null || this.#isOver) return
    this.#rules(node, part)
    for (const branch of node.allOf) this.visit(branch, { ...part, isCorrelated: false })
    if (isArray(part.value)) this.#items(node, part, part.value)
    else if (isObject(part.value)) this.#members(node, part, part.value)
  }

  #members(node: RuleNode, part: Part, object: JsonObject): void {
    const before = isObject(part.old) ? part.old : undefined
    for (const key in object) {
      if (this.#isOver) return
      const property = node.properties.get(key)
      const child = property ?? node.additional
      if (child === undefined) continue
      const old = before && own(before, key)
      const path = property === undefined ? `${part.path}[${key}]` : childPath(part.path, key)
      const isCorrelated = part.isCorrelated && old !== undefined
      this.visit(child, { value: object[key] ?? null, old, path, outer: part, isCorrelated })
    }
  }

  #items({ items, mapList }: RuleNode, part: Part, list: JsonArray): void {
    if (items === undefined) return
    const before = mapList !== undefined && isArray(part.old) ? itemsByKey(part.old, mapList) : undefined
    for (let index = 0; index < list.length && !this.#isOver; index++) {
      const value = list[index] ?? null
      const old =
        before !== undefined && mapList !== undefined && isObject(value)
          ? before.get(canonicalText(itemKey(value, mapList)))
          : undefined
      const isCorrelated = part.isCorrelated && old !== undefined
      this.visit(items, { value, old, path: `${part.path}[${index}]`, outer: part, isCorrelated })
    }
  }

  #rules({ rules, declaration, type }: RuleNode, part: Part): void {
    if (declaration === undefined) return
    const self = wrapped(part.value, declaration)
    const old = part.old === undefined || part.old === null ? undefined : wrapped(part.old, declaration)
    for (const rule of rules) {
      if (this.errors.length >= RULE_ERRORS_MAX) this.#isOver = true
      if (this.#isOver) return
      if (self instanceof EvaluationError) this.#unreadable(self, rule, part, type)
      else if (old instanceof EvaluationError) this.#unreadable(old, rule, part, type)
      else if (this.#budget <= 0) this.#stop(part, type, OUT_OF_BUDGET)
      else this.#rule(rule, { part, type, self, old })
    }
  }

  #unreadable({ message }: EvaluationError, { rule }: RuleProgram, { path }: Part, type: string): void {
    this.errors.push(invalid(path, type, evaluationFailure(message, ruleText(rule))))
  }

  #rule(program: RuleProgram, subject: Subject): void {
    const { rule, condition, usesOldSelf } = program
    const { part, type } = subject
    if (condition.kind === "error") {
      this.errors.push(invalid(part.path, type, `rule compile error: ${condition.message}`))
      return
    }
    const optional = rule.optionalOldSelf === true
    if (usesOldSelf && subject.old === undefined && !optional) return
    const result = condition.program.run(bindings(subject, optional), CALL_COST_MAX)
    if (result.cost > this.#budget) {
      this.#stop(part, type, OUT_OF_BUDGET)
      return
    }
    this.#budget -= result.cost
    if (result.kind === "exceeded") {
      const why = `'${result.message}': no further validation rules will be run due to call cost exceeds limit`
      this.#stop(part, type, `${why} for rule: ${ruleText(rule)}`)
    } else if (result.kind === "error") {
      this.errors.push(invalid(part.path, type, evaluationFailure(result.message, ruleText(rule))))
    } else if (result.value !== true) this.#broken(program, subject)
  }

  #broken(program: RuleProgram, subject: Subject): void {
    const { part, type } = subject
    const path = program.fieldPath === "" ? part.path : childPath(part.path, program.fieldPath)
    const isExcused = !program.usesOldSelf && isUnchanged(part)
    const add = (error: FieldError): void => {
      if (isExcused) this.#excuse(error)
      else this.errors.push(error)
    }
    const message = evaluatedMessage(
      program,
      bindings(subject, program.rule.optionalOldSelf === true),
      this.#budget,
    )
    this.#budget -= message.cost
    if (message.kind === "stop") {
      this.#isOver = true
      add(invalid(path, type, message.why))
      return
    }
    add(brokenRule(program.rule, { path, type, value: part.value }, message.text))
  }

  #stop(part: Part, type: string, why: string): void {
    this.errors.push(invalid(part.path, type, why))
    this.#isOver = true
  }
}

/** A text that is not of its format cannot be read: its rules fail, as they do upstream. */
const wrapped = (value: Json, declaration: Declaration): Value | EvaluationError => {
  try {
    return valueOfJson(value, declaration)
  } catch (error) {
    if (error instanceof EvaluationError) return error
    throw error
  }
}

/** What a rule is asked about. */
interface Subject {
  readonly part: Part
  readonly type: string
  readonly self: Value
  readonly old: Value | undefined
}

const bindings = ({ self, old }: Subject, optional: boolean): ((name: string) => Value | undefined) => {
  return (name) => {
    if (name === "self") return self
    return optional ? (old === undefined ? none : new Optional(old)) : old
  }
}

const evaluationFailure = (message: string, rule: string): string =>
  message.startsWith("no such overload")
    ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${rule}`
    : `${message} evaluating rule: ${rule}`

/**
 * The rules of a schema, compiled when they are first asked.
 *
 * Guarantees: one object costs no more than `OBJECT_COST_MAX`, whatever it holds; what is wrong with a rule itself is
 * an error of every object.
 */
export const compileRules = (schema: JsonObject): RuleEvaluator => {
  let tree: RuleNode | undefined
  return (object, old, excuse) => {
    tree ??= ruleTree(schema, true)
    return tree === undefined ? [] : brokenRules(tree, { value: object, old, path: "" }, excuse)
  }
}

/** What the rules of a tree say of a value that stands at a path. */
export const brokenRules = (
  tree: RuleNode,
  part: Pick<Part, "value" | "old" | "path">,
  excuse: (error: FieldError) => void,
): ReadonlyArray<FieldError> => {
  const evaluation = new Evaluation(excuse)
  evaluation.visit(tree, { ...part, outer: undefined, isCorrelated: part.old !== undefined })
  return evaluation.errors
}
