/** Lists. Source: Kubernetes' list library, cel-go's list and set extensions. */
import { ArrayList } from "../collection.ts"
import { type Call, type Functions, member, type Overload, overload } from "../environment.ts"
import { compare, equals } from "../equality.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import { addInts, checkedUint } from "../integer.ts"
import { integerOf, listOfValue, offsetOf } from "../narrowing.ts"
import { durationOfNanos } from "../time.ts"
import type { Type } from "../type.ts"
import * as t from "../type.ts"
import { CelList, Double, Duration, isInt, Uint, type Value } from "../value.ts"

const a = t.parameter("A")
const listOfA = t.listOf(a)

const comparable: ReadonlyArray<readonly [string, Type]> = [
  ["int", t.int],
  ["uint", t.uint],
  ["double", t.double],
  ["bool", t.bool],
  ["duration", t.duration],
  ["timestamp", t.timestamp],
  ["string", t.string],
  ["bytes", t.bytes],
]

const isSorted = (list: Value): boolean => {
  let previous: Value | undefined
  for (const item of listOfValue(list)) {
    if (previous !== undefined && compare(previous, item) > 0) return false
    previous = item
  }
  return true
}

/** The item that is less (or more, by the sign) than all others; the first of equals. */
const extreme = (name: string, sign: number): Call => {
  return (list) => {
    let best: Value | undefined
    for (const item of listOfValue(list)) {
      if (best === undefined || compare(item, best) * sign > 0) best = item
    }
    if (best === undefined) throw new EvaluationError(`${name} called on empty list`)
    return best
  }
}

const added = (sum: Value, item: Value): Value => {
  if (isInt(sum) && isInt(item)) return addInts(sum, item)
  if (sum instanceof Double && item instanceof Double) return new Double(sum.value + item.value)
  if (sum instanceof Uint && item instanceof Uint) return new Uint(checkedUint(sum.value + item.value))
  if (sum instanceof Duration && item instanceof Duration) return durationOfNanos(sum.nanos + item.nanos)
  throw noSuchOverload()
}

const sum = (id: string, type: Type, zero: Value): Overload =>
  member(`list_${id}_sum_${id}`, [type, t.listOf(type)], (list) => [...listOfValue(list)].reduce(added, zero))

const indexOf = (list: Value, wanted: Value): number => {
  const items = listOfValue(list)
  for (let index = 0; index < items.size; index++) if (equals(items.at(index), wanted)) return index
  return -1
}

const lastIndexOf = (list: Value, wanted: Value): number => {
  const items = listOfValue(list)
  for (let index = items.size - 1; index >= 0; index--) if (equals(items.at(index), wanted)) return index
  return -1
}

/** Source: `kubernetes.lists`. */
export const lists: Functions = {
  isSorted: comparable.map(([id, type]) =>
    member(`list_${id}_is_sorted_bool`, [t.bool, t.listOf(type)], isSorted),
  ),
  sum: [
    sum("int", t.int, 0),
    sum("uint", t.uint, new Uint(0n)),
    sum("double", t.double, new Double(0)),
    sum("duration", t.duration, new Duration(0n)),
  ],
  max: comparable.map(([id, type]) =>
    member(`list_${id}_max_${id}`, [type, t.listOf(type)], extreme("max", 1)),
  ),
  min: comparable.map(([id, type]) =>
    member(`list_${id}_min_${id}`, [type, t.listOf(type)], extreme("min", -1)),
  ),
  indexOf: [member("list_a_index_of_int", [t.int, listOfA, a], indexOf)],
  lastIndexOf: [member("list_a_last_index_of_int", [t.int, listOfA, a], lastIndexOf)],
}

const slice: Call = (list, from, to) => {
  const [items, start, end] = [listOfValue(list), offsetOf(from), offsetOf(to)]
  if (start < 0 || end < 0)
    throw new EvaluationError(`cannot slice(${start}, ${end}), negative indexes not supported`)
  if (start > end)
    throw new EvaluationError(
      `cannot slice(${start}, ${end}), start index must be less than or equal to end index`,
    )
  if (end > items.size)
    throw new EvaluationError(`cannot slice(${start}, ${end}), list is length ${items.size}`)
  return new ArrayList([...items].slice(start, end))
}

const FLATTEN_DEPTH_MAX = 100

const flattened = (list: CelList, depth: number): ReadonlyArray<Value> => {
  const items: Value[] = []
  for (const item of list) {
    if (item instanceof CelList && depth > 0)
      for (const inner of flattened(item, depth - 1)) items.push(inner)
    else items.push(item)
  }
  return items
}

const flatten: Call = (list, depth) => {
  const levels = depth === undefined ? 1 : offsetOf(depth)
  if (levels < 0) throw new EvaluationError("level must be non-negative")
  return new ArrayList(flattened(listOfValue(list), Math.min(levels, FLATTEN_DEPTH_MAX)))
}

const RANGE_MAX = 1_000_000

const range: Call = (count) => {
  const size = offsetOf(count)
  if (size > RANGE_MAX) throw new EvaluationError(`lists.range of more than ${RANGE_MAX} items`)
  return new ArrayList(Array.from({ length: Math.max(0, size) }, (_, index) => index))
}

const distinct: Call = (list) => {
  const kept: Value[] = []
  for (const item of listOfValue(list)) if (!kept.some((each) => equals(each, item))) kept.push(item)
  return new ArrayList(kept)
}

const sortedBy = (list: Value, keys: Value): Value => {
  const [items, keyList] = [listOfValue(list), listOfValue(keys)]
  const pairs = [...items].map((item, index) => ({ item, key: keyList.at(index) }))
  pairs.sort((left, right) => compare(left.key, right.key))
  return new ArrayList(pairs.map(({ item }) => item))
}

/** Source: cel-go's list extension, version 3. */
export const moreLists: Functions = {
  slice: [member("list_slice", [listOfA, listOfA, t.int, t.int], slice)],
  flatten: [
    member("list_flatten", [listOfA, t.listOf(listOfA)], flatten),
    member("list_flatten_int", [t.listOf(t.dyn), t.listOf(t.dyn), t.int], flatten),
  ],
  sort: comparable.map(([, type]) =>
    member("list_sort", [t.listOf(type), t.listOf(type)], (list) => sortedBy(list, list)),
  ),
  "@sortByAssociatedKeys": comparable.map(([, type]) =>
    member("list_sort", [listOfA, listOfA, t.listOf(type)], sortedBy),
  ),
  "lists.range": [overload("lists_range", [t.listOf(t.int), t.int], (count) => range(integerOf(count)))],
  reverse: [
    member("list_reverse", [listOfA, listOfA], (list) => new ArrayList([...listOfValue(list)].reverse())),
  ],
  distinct: [member("list_distinct", [listOfA, listOfA], distinct)],
}

const holds = (list: CelList, wanted: Value): boolean => {
  for (const item of list) if (equals(item, wanted)) return true
  return false
}

const holdsAll = (list: Value, wanted: Value): boolean => {
  const items = listOfValue(list)
  return [...listOfValue(wanted)].every((item) => holds(items, item))
}

/** Source: cel-go's set extension. */
export const sets: Functions = {
  "sets.contains": [overload("list_sets_contains_list", [t.bool, listOfA, listOfA], holdsAll)],
  "sets.equivalent": [
    overload(
      "list_sets_equivalent_list",
      [t.bool, listOfA, listOfA],
      (left, right) => holdsAll(left, right) && holdsAll(right, left),
    ),
  ],
  "sets.intersects": [
    overload("list_sets_intersects_list", [t.bool, listOfA, listOfA], (left, right) =>
      [...listOfValue(left)].some((item) => holds(listOfValue(right), item)),
    ),
  ],
}
