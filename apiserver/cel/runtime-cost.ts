/** What calls cost as they run. Source: cel-go `interpreter/runtimecost.go`, Kubernetes `cel/library/cost.go`. */
import { AUTHORIZATION_COST, LIST_COST, REGEX_FACTOR, TEXT_FACTOR } from "./cost.ts"
import type { Overload } from "./environment.ts"
import { NamedFormat } from "./named-format.ts"
import { CelList, CelMap, ObjectValue, Opaque, Optional, type Value } from "./value.ts"

/** The cost of one call from its first two arguments, before it is made. */
export type CallCost = (a: Value, b: Value) => number

const sizeOf = (value: Value): number => {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length
  if (value instanceof CelList || value instanceof CelMap) return value.size
  if (value instanceof ObjectValue) return value.fieldNames().length
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value)
  return value instanceof Opaque ? value.size : 1
}

const reading = (size: number): number => Math.ceil(size * TEXT_FACTOR)

const traversal = (value: Value): number => {
  if (typeof value === "string" || value instanceof Uint8Array) return Math.floor(value.length * TEXT_FACTOR)
  let cost = 0
  if (value instanceof CelList) for (const item of value) cost += traversal(item)
  else if (value instanceof CelMap) {
    for (const key of value.keys()) cost += traversal(key) + traversal(value.get(key) ?? null)
  } else cost = 1
  return cost
}

const firstRead: CallCost = (a) => reading(sizeOf(a))
const secondRead: CallCost = (_a, b) => reading(sizeOf(b))
const firstReadTwice: CallCost = (a) => Math.ceil(sizeOf(a) * 2 * TEXT_FACTOR)
const traversed: CallCost = (a) => traversal(a)
const nominal: CallCost = () => 1
const search: CallCost = (a, b) => reading(1 + sizeOf(a)) * Math.ceil(sizeOf(b) * REGEX_FACTOR)

/** Equality of a library's values is constant. */
const comparison: CallCost = (a, b) => reading(Math.min(sizeOf(a), sizeOf(b)))
const sum: CallCost = (a, b) => reading(sizeOf(a) + sizeOf(b))
/** Ordered lists are put one behind the other at once; others are compared item by item. */
const listSum: CallCost = (a, b) => (a instanceof CelList && a.isUnordered ? Math.max(1, sum(a, b)) : 1)
const product =
  (factor: number): CallCost =>
  (a, b) =>
    1 + sizeOf(a) * sizeOf(b) * factor
const selector: CallCost = (_a, b) => {
  const size = sizeOf(b)
  return LIST_COST + reading(size) + Math.ceil(Math.ceil(size * 0.5) * 50)
}
const inCidr =
  (another: number): CallCost =>
  (a) =>
    reading(sizeOf(a) * 2) + another

const byFunction: ReadonlyMap<string, CallCost> = new Map<string, CallCost>([
  ["check", () => AUTHORIZATION_COST],
  ["fieldSelector", selector],
  ["labelSelector", selector],
  ...["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf", "includes"].map(
    (name) => [name, traversed] as const,
  ),
  ...[
    "url",
    "lowerAscii",
    "upperAscii",
    "substring",
    "trim",
    "cidr",
    "isIP",
    "isCIDR",
    "quantity",
    "isQuantity",
  ].map((name) => [name, firstRead] as const),
  ...["semver", "isSemver"].map((name) => [name, firstRead] as const),
  ...["replace", "split", "ip.isCanonical"].map((name) => [name, firstReadTwice] as const),
  ["find", search],
  ["findAll", search],
  ["containsIP", inCidr(0)],
  ["containsCIDR", inCidr(3)],
  [
    "validate",
    (a, b) => reading(1 + sizeOf(b)) * Math.ceil((a instanceof NamedFormat ? a.regexSize : 1) * REGEX_FACTOR),
  ],
])

const texts = ["string", "bytes"]
const orders = ["less", "greater", "less_equals", "greater_equals"]

const byOverload: ReadonlyMap<string, CallCost> = new Map<string, CallCost>([
  ...["starts_with_string", "ends_with_string"].map((id) => [id, secondRead] as const),
  ...["string_to_bytes", "bytes_to_string", "strings_quote", "string_format", "string_to_ip"].map(
    (id) => [id, firstRead] as const,
  ),
  ["in_list", (_a, b) => sizeOf(b)],
  ...orders.flatMap((order) => texts.map((text) => [`${order}_${text}`, comparison] as const)),
  ["equals", comparison],
  ["not_equals", comparison],
  ["add_list", listSum],
  ["add_string", sum],
  ["add_bytes", sum],
  ["matches", search],
  ["matches_string", search],
  ["contains_string", (a, b) => reading(sizeOf(a)) * reading(sizeOf(b))],
  ["cidr_ip", nominal],
  ["list_sets_contains_list", product(1)],
  ["list_sets_intersects_list", product(1)],
  ["list_sets_equivalent_list", product(2)],
  ["lists_range", (count) => LIST_COST + Math.max(0, Number(count))],
  ["list_flatten", (a) => LIST_COST + sizeOf(a)],
  ["list_flatten_int", (a) => LIST_COST + sizeOf(a)],
  ["list_slice", (a) => LIST_COST + sizeOf(a)],
  ["list_reverse", (a) => LIST_COST + sizeOf(a)],
  ["list_distinct", (a) => LIST_COST + sizeOf(a) * sizeOf(a)],
  ["list_sort", (a) => LIST_COST + sizeOf(a) * sizeOf(a)],
  ["base64_decode_string", firstRead],
  ["base64_encode_bytes", firstRead],
])

/** What a call costs by its result, behind what it costs before. */
export const resultCost = (name: string): ((result: Value) => number) | undefined =>
  name === "join" ? (result) => Math.ceil(sizeOf(result) * 2 * TEXT_FACTOR) : undefined

/** How a call is charged; undefined: one unit. */
export const callCost = (name: string, overloads: ReadonlyArray<Overload>): CallCost | undefined => {
  const [only] = overloads
  if (name === "join") return () => 0
  const known = byFunction.get(name)
  if (known !== undefined) return known
  return overloads.length === 1 && only !== undefined ? byOverload.get(only.id) : undefined
}
