/** What differs between two states of an object, as sets of fields. Source: structured-merge-diff `typed.Compare`. */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { equal, own } from "../json/index.ts"
import { type FieldSet, FieldSetBuilder, isEmpty } from "./field-set.ts"
import { fieldElement, type PathElement } from "./path-element.ts"
import { fieldShape, isGranularList, isGranularMap, itemElement, itemShape, type Shape } from "./shape.ts"

export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

type Side = Json | undefined

const isEmptyMap = (value: Side): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0

class Comparer {
  readonly #path: PathElement[] = []
  readonly #added = new FieldSetBuilder()
  readonly #modified = new FieldSetBuilder()
  readonly #removed = new FieldSetBuilder()

  get result(): Comparison {
    return { added: this.#added.build(), modified: this.#modified.build(), removed: this.#removed.build() }
  }

  compare(before: Side, after: Side, shape: Shape): void {
    if (before === undefined) this.#oneSided(after, shape, this.#added)
    else if (after === undefined) this.#oneSided(before, shape, this.#removed)
    else if (isEmptyMap(before) && isEmptyMap(after)) this.#leaf(before, after)
    else if (isGranularMap(before, shape) && isGranularMap(after, shape)) this.#maps(before, after, shape)
    else if (isGranularList(before, shape) && isGranularList(after, shape)) this.#lists(before, after, shape)
    else if (isScattered(before, shape) || isScattered(after, shape)) this.#replaced(before, after, shape)
    else this.#leaf(before, after)
  }

  #leaf(before: Json, after: Json): void {
    if (!equal(before, after)) this.#modified.insert(this.#path)
  }

  /** A map or list that became a leaf, or the other way round. */
  #replaced(before: Json, after: Json, shape: Shape): void {
    this.#oneSided(before, shape, this.#removed)
    this.#oneSided(after, shape, this.#added)
  }

  #oneSided(value: Side, shape: Shape, into: FieldSetBuilder): void {
    if (value === undefined) return
    into.insert(this.#path)
    if (isGranularMap(value, shape)) {
      for (const key of Object.keys(value)) {
        this.#path.push(fieldElement(key))
        this.#oneSided(own(value, key), fieldShape(shape, key), into)
        this.#path.pop()
      }
    } else if (isGranularList(value, shape)) {
      for (const item of value) {
        const element = itemElement(item, shape)
        if (element === undefined) continue
        this.#path.push(element)
        this.#oneSided(item, itemShape(shape), into)
        this.#path.pop()
      }
    }
  }

  #maps(before: JsonObject, after: JsonObject, shape: Shape): void {
    for (const key in before) {
      const old = own(before, key)
      const fresh = own(after, key)
      if (old !== fresh) this.#step(fieldElement(key), [old, fresh], fieldShape(shape, key))
    }
    for (const key in after) {
      if (!Object.hasOwn(before, key)) {
        this.#step(fieldElement(key), [undefined, own(after, key)], fieldShape(shape, key))
      }
    }
  }

  #step(element: PathElement, [before, after]: readonly [Side, Side], shape: Shape): void {
    this.#path.push(element)
    this.compare(before, after, shape)
    this.#path.pop()
  }

  /** Items correspond by key; several of one key are compared as one value. */
  #lists(before: JsonArray, after: JsonArray, shape: Shape): void {
    if (equal(before, after)) return
    const old = itemsOf(before, shape)
    const fresh = itemsOf(after, shape)
    const each = itemShape(shape)
    for (const element of new Set([...old.keys(), ...fresh.keys()])) {
      const left = old.get(element) ?? []
      const right = fresh.get(element) ?? []
      if (left.length < 2 && right.length < 2) this.#step(element, [left[0], right[0]], each)
      else this.#duplicates(element, left, right)
    }
  }

  #duplicates(element: PathElement, left: JsonArray, right: JsonArray): void {
    this.#path.push(element)
    if (left.length === 0) this.#added.insert(this.#path)
    else if (right.length === 0) this.#removed.insert(this.#path)
    else this.#leaf(left, right)
    this.#path.pop()
  }
}

const isScattered = (value: Json, shape: Shape): boolean =>
  isGranularMap(value, shape) || isGranularList(value, shape)

/** The items of a granular list by path element, in order of first appearance. */
const itemsOf = (list: JsonArray, shape: Shape): ReadonlyMap<PathElement, Json[]> => {
  const items = new Map<PathElement, Json[]>()
  for (const item of list) {
    const element = itemElement(item, shape)
    if (element === undefined) continue
    const same = items.get(element)
    if (same === undefined) items.set(element, [item])
    else same.push(item)
  }
  return items
}

export const compareObjects = (before: JsonObject, after: JsonObject, root: Shape): Comparison => {
  const comparer = new Comparer()
  comparer.compare(before, after, root)
  return comparer.result
}

export const isUnchanged = ({ added, modified, removed }: Comparison): boolean =>
  isEmpty(added) && isEmpty(modified) && isEmpty(removed)
