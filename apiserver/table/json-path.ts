/** Evaluation of JSONPaths. Start with {@link compileJsonPath}. */
import type { Json } from "../../schemas/index.ts"
import { equal, isArray, isObject, own } from "../json/index.ts"
import { type Filter, type Operand, type Operator, parseJsonPath, type Step } from "./json-path-parser.ts"
import { JSON_PATH_RESULTS_MAX } from "./limits.ts"

/** The values that a path selects, in document order; [] when there is none. */
export type JsonPath = (value: Json) => ReadonlyArray<Json>

const select = (values: ReadonlyArray<Json>, step: Step): ReadonlyArray<Json> => {
  const found: Json[] = []
  for (const value of values) {
    for (const each of step.kind === "field" ? fieldOf(value, step.name) : itemsOf(value, step)) {
      if (found.length >= JSON_PATH_RESULTS_MAX) return found
      found.push(each)
    }
  }
  return found
}

const nothing: ReadonlyArray<Json> = []

const fieldOf = (value: Json, name: string): ReadonlyArray<Json> => {
  const field = isObject(value) ? own(value, name) : undefined
  return field === undefined ? nothing : [field]
}

const itemsOf = (value: Json, step: Exclude<Step, { readonly kind: "field" }>): ReadonlyArray<Json> => {
  if (isObject(value)) {
    if (step.kind === "all") return Object.values(value)
    return step.kind === "filter" ? Object.values(value).filter((item) => passes(item, step.filter)) : nothing
  }
  if (!isArray(value)) return nothing
  switch (step.kind) {
    case "all":
      return value
    case "slice":
      return value.slice(step.from, step.to)
    case "index": {
      const item = value.at(step.index)
      return item === undefined ? nothing : [item]
    }
    case "filter":
      return value.filter((item) => passes(item, step.filter))
  }
}

const operandOf = (item: Json, operand: Operand): Json | undefined =>
  operand.kind === "literal" ? operand.value : operand.steps.reduce(select, [item])[0]

const passes = (item: Json, { left, comparison }: Filter): boolean => {
  const value = operandOf(item, left)
  if (comparison === undefined) return value !== undefined
  const other = operandOf(item, comparison.right)
  if (value === undefined || other === undefined) return false
  return holds(value, comparison.operator, other)
}

const holds = (left: Json, operator: Operator, right: Json): boolean => {
  if (operator === "==") return equal(left, right)
  if (operator === "!=") return !equal(left, right)
  const numbers = typeof left === "number" && typeof right === "number"
  if (!numbers && (typeof left !== "string" || typeof right !== "string")) return false
  switch (operator) {
    case "<":
      return left < right
    case "<=":
      return left <= right
    case ">":
      return left > right
    default:
      return left >= right
  }
}

/** Fails with Invalid when the path is malformed. */
export const compileJsonPath = (path: string): JsonPath => {
  const steps = parseJsonPath(path)
  return (value) => steps.reduce(select, [value])
}
