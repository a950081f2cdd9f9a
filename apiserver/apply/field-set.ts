/**
 * Sets of paths into an object, as tries: a node says whether its own path is in the set.
 * Never changed once made; the builder is for making them. Source: structured-merge-diff, `fieldpath.Set`.
 */
import type { PathElement } from "./path-element.ts"

export interface FieldSet {
  readonly member: boolean
  readonly children: ReadonlyMap<PathElement, FieldSet>
}

const noChildren: ReadonlyMap<PathElement, FieldSet> = new Map()

export const emptySet: FieldSet = { member: false, children: noChildren }

const leaf: FieldSet = { member: true, children: noChildren }

export const isEmpty = (set: FieldSet): boolean => !set.member && set.children.size === 0

const nodeOf = (member: boolean, children: ReadonlyMap<PathElement, FieldSet>): FieldSet => {
  if (children.size > 0) return { member, children }
  return member ? leaf : emptySet
}

export const union = (a: FieldSet, b: FieldSet): FieldSet => {
  if (a === b || isEmpty(b)) return a
  if (isEmpty(a)) return b
  const children = new Map(a.children)
  for (const [element, child] of b.children) {
    const other = children.get(element)
    children.set(element, other === undefined ? child : union(other, child))
  }
  return nodeOf(a.member || b.member, children)
}

export const intersection = (a: FieldSet, b: FieldSet): FieldSet => {
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    if (other === undefined) continue
    const both = intersection(child, other)
    if (!isEmpty(both)) children.set(element, both)
  }
  return nodeOf(a.member && b.member, children)
}

/** The paths of `a` that are not in `b`; paths below those of `b` stay. It is `a` itself when none goes. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => {
  let children: Map<PathElement, FieldSet> | undefined
  for (const [element, other] of b.children) {
    const child = a.children.get(element)
    if (child === undefined) continue
    const rest = difference(child, other)
    if (rest === child) continue
    children ??= new Map(a.children)
    if (isEmpty(rest)) children.delete(element)
    else children.set(element, rest)
  }
  const member = a.member && !b.member
  if (children === undefined && member === a.member) return a
  return nodeOf(member, children ?? a.children)
}

export const sameSet = (a: FieldSet, b: FieldSet): boolean => {
  if (a === b) return true
  if (a.member !== b.member || a.children.size !== b.children.size) return false
  for (const [element, child] of a.children) {
    const other = b.children.get(element)
    if (other === undefined || !sameSet(child, other)) return false
  }
  return true
}

/** The part of a set under one element, the element itself included. */
export const only = (set: FieldSet, element: PathElement): FieldSet => {
  const child = set.children.get(element)
  return child === undefined ? emptySet : { member: false, children: new Map([[element, child]]) }
}

/** All paths, at most `limit` of them, in the set's order. */
export const pathsOf = (set: FieldSet, limit: number): ReadonlyArray<ReadonlyArray<PathElement>> => {
  const paths: PathElement[][] = []
  const path: PathElement[] = []
  const visit = (node: FieldSet): void => {
    if (paths.length >= limit) return
    if (node.member) paths.push([...path])
    for (const [element, child] of node.children) {
      path.push(element)
      visit(child)
      path.pop()
    }
  }
  visit(set)
  return paths
}

interface Growing {
  member: boolean
  readonly children: Map<PathElement, Growing>
}

const growing = (): Growing => ({ member: false, children: new Map() })

/** A set being made. */
export class FieldSetBuilder {
  readonly #root: Growing = growing()

  insert(path: ReadonlyArray<PathElement>): void {
    let node = this.#root
    for (const element of path) {
      let child = node.children.get(element)
      if (child === undefined) {
        child = growing()
        node.children.set(element, child)
      }
      node = child
    }
    node.member = true
  }

  /** The set so far; the builder is done with. */
  build(): FieldSet {
    return this.#root
  }
}

/** A set of the given paths. */
export const setOf = (...paths: ReadonlyArray<ReadonlyArray<PathElement>>): FieldSet => {
  const builder = new FieldSetBuilder()
  for (const path of paths) builder.insert(path)
  return builder.build()
}
