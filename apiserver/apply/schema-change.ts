/**
 * Ownership recorded under an older schema: a list or map that became atomic since is owned as a whole by whoever
 * owned a part of it. Source: structured-merge-diff, `ReconcileFieldSetWithSchema`.
 */
import { type FieldSet, setOf } from "./field-set.ts"
import type { PathElement } from "./path-element.ts"
import { fieldShape, itemShape, type Shape } from "./shape.ts"

const whole = setOf([])

const isWhole = (shape: Shape): boolean => {
  if (shape === undefined) return false
  if (shape.type === "array") return shape.listType !== "set" && shape.listType !== "map"
  return shape.type !== "" && (shape.type !== "object" || shape.atomicMap)
}

/** The set as the schema has it now; the same one when nothing changed. */
export const underSchema = (set: FieldSet, shape: Shape): FieldSet => {
  if (set.children.size === 0 || shape === undefined) return set
  if (isWhole(shape)) return whole
  let children: Map<PathElement, FieldSet> | undefined
  for (const [element, child] of set.children) {
    const below = element.startsWith("f:") ? fieldShape(shape, element.slice(2)) : itemShape(shape)
    const now = underSchema(child, below)
    if (now === child) continue
    children ??= new Map(set.children)
    children.set(element, now)
  }
  return children === undefined ? set : { member: set.member, children }
}
