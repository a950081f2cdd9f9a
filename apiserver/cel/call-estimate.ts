/**
 * What calls may cost and how large their results may be, from the sizes of their arguments.
 * Source: cel-go `checker/cost.go`, Kubernetes `cel/library/cost.go`. Start with {@link estimateCall}.
 */
import { AUTHORIZATION_COST, LIST_COST, REGEX_FACTOR, TEXT_FACTOR } from "./cost.ts"
import { either, exactly, nothing, plus, type Span, scaled, times, UNKNOWN } from "./span.ts"

export interface CallSizes {
  /** Of all arguments, the target first. */
  readonly sizes: ReadonlyArray<Span>
  /** Of the items of a list of texts that is the first argument; undefined for other lists. */
  readonly textItems: Span | undefined
  /** Whether the first argument is a list. */
  readonly isList: boolean
  /** The third argument as a literal number. */
  readonly limit: number | undefined
}

export interface CallEstimate {
  readonly cost: Span
  /** Undefined: as any value of its type. */
  readonly size?: Span
}

type Estimate = (call: CallSizes) => CallEstimate

const sizeAt = ({ sizes }: CallSizes, index: number): Span => sizes[index] ?? { min: 0, max: UNKNOWN }

const constant =
  (cost: number): Estimate =>
  () => ({ cost: exactly(cost) })
const reading = (index: number, factor = 1): Estimate => {
  return (call) => ({ cost: scaled(sizeAt(call, index), factor * TEXT_FACTOR) })
}
/** Reads the first argument; the result is at most as long. */
const rewriting: Estimate = (call) => ({ cost: scaled(sizeAt(call, 0), TEXT_FACTOR), size: sizeAt(call, 0) })

const search: Estimate = (call) => ({
  cost: times(scaled(plus(sizeAt(call, 0), exactly(1)), TEXT_FACTOR), scaled(sizeAt(call, 1), REGEX_FACTOR)),
})

const finding: Estimate = (call) => ({ ...search(call), size: { min: 0, max: sizeAt(call, 0).max } })

/** Each item once; each text in them too. */
const traversal: Estimate = (call) => {
  const size = sizeAt(call, 0)
  if (!call.isList) return { cost: scaled(size, TEXT_FACTOR) }
  const perItem = call.textItems === undefined ? nothing : scaled(call.textItems, TEXT_FACTOR)
  return { cost: times(size, plus(exactly(1), perItem)) }
}

const selector: Estimate = (call) => {
  const size = sizeAt(call, 1)
  return { cost: plus(exactly(LIST_COST), scaled(size, TEXT_FACTOR), scaled(scaled(size, 0.5), 50)) }
}

/** How often a part may be replaced, and how much of the text stays. */
const replacements = (text: number, part: number, by: number, mostOrLeast: "most" | "least"): number => {
  if (part === 0) return Math.min(UNKNOWN, (text + 1) * by + text)
  const keeps = mostOrLeast === "most" ? by <= part : part <= by
  return keeps ? text : Math.ceil(text / part) * by
}

const replace: Estimate = (call) => {
  const [text, part, by] = [sizeAt(call, 0), sizeAt(call, 1), sizeAt(call, 2)]
  const max = Math.min(UNKNOWN, replacements(text.max, part.min, by.max, "most"))
  const min = Math.min(UNKNOWN, replacements(text.min, part.max, by.min, "least"))
  return { cost: scaled(text, 2 * TEXT_FACTOR), size: { min, max } }
}

const split: Estimate = (call) => {
  const text = sizeAt(call, 0)
  const max = call.limit === undefined || call.limit < 0 ? text.max : call.limit
  return { cost: scaled(text, 2 * TEXT_FACTOR), size: { min: 0, max } }
}

const join: Estimate = (call) => {
  const list = sizeAt(call, 0)
  const items = times(list, call.textItems ?? { min: 0, max: UNKNOWN })
  const separators = { min: Math.max(0, list.min - 1), max: Math.max(0, list.max - 1) }
  const between = call.sizes.length > 1 ? times(sizeAt(call, 1), separators) : nothing
  const size = plus(items, between)
  return { cost: scaled(size, TEXT_FACTOR), size }
}

/** Comparing addresses of 4 or 16 bytes, and reading another from a text. */
const containment = (extra: Span, parses: boolean): Estimate => {
  return (call) => {
    const compared = scaled({ min: 8, max: 32 }, TEXT_FACTOR)
    return { cost: plus(compared, extra, parses ? scaled(sizeAt(call, 1), TEXT_FACTOR) : nothing) }
  }
}
const maskedAddress = plus(scaled({ min: 4, max: 16 }, TEXT_FACTOR), exactly(1))

const VALIDATED_REGEX_SIZE = 128

const validation: Estimate = (call) => ({
  cost: scaled(scaled(sizeAt(call, 1), TEXT_FACTOR), VALIDATED_REGEX_SIZE * REGEX_FACTOR),
})

const comparison: Estimate = (call) => {
  const max = Math.min(sizeAt(call, 0).max, sizeAt(call, 1).max)
  return { cost: scaled({ min: max > 0 ? 1 : 0, max }, TEXT_FACTOR) }
}

const joinedTexts: Estimate = (call) => {
  const size = plus(sizeAt(call, 0), sizeAt(call, 1))
  return { cost: scaled(size, TEXT_FACTOR), size }
}

const product = (factor: number): Estimate => {
  return (call) => ({ cost: plus(scaled(times(sizeAt(call, 0), sizeAt(call, 1)), factor), exactly(1)) })
}

const madeList: Estimate = (call) => ({
  cost: plus(sizeAt(call, 0), exactly(LIST_COST)),
  size: sizeAt(call, 0),
})
const squaredList: Estimate = (call) => ({
  cost: plus(times(sizeAt(call, 0), sizeAt(call, 0)), exactly(LIST_COST)),
  size: { min: 0, max: sizeAt(call, 0).max },
})

const resized = (cost: Estimate, resize: (size: Span) => Span): Estimate => {
  return (call) => ({ ...cost(call), size: resize(sizeAt(call, 0)) })
}

const rows = (estimate: Estimate, names: string): ReadonlyArray<readonly [string, Estimate]> =>
  names.split(" ").map((name) => [name, estimate])

const byFunction: ReadonlyMap<string, Estimate> = new Map([
  ...rows(constant(AUTHORIZATION_COST), "check"),
  ...rows(
    constant(1),
    "serviceAccount path group resource subresource namespace name allowed reason error errored masked prefixLength " +
      "family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast format.named sign " +
      "asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch getScheme " +
      "getHostname getHost getPort getEscapedPath getQuery",
  ),
  ...rows(selector, "fieldSelector labelSelector"),
  ...rows(traversal, "isSorted sum max min indexOf lastIndexOf"),
  ...rows(rewriting, "url lowerAscii upperAscii substring trim"),
  ...rows(replace, "replace"),
  ...rows(split, "split"),
  ...rows(join, "join"),
  ...rows(finding, "find findAll"),
  ...rows(reading(0), "cidr isIP isCIDR quantity isQuantity semver isSemver"),
  ...rows(reading(0, 2), "ip.isCanonical"),
  ...rows(validation, "validate"),
])

const byOverload: ReadonlyMap<string, Estimate> = new Map([
  ...rows(constant(1), "cidr_ip"),
  ...rows(reading(0), "string_to_ip string_format"),
  ...rows(containment(nothing, true), "cidr_contains_ip_string"),
  ...rows(containment(nothing, false), "cidr_contains_ip_ip"),
  ...rows(containment(maskedAddress, true), "cidr_contains_cidr_string"),
  ...rows(containment(maskedAddress, false), "cidr_contains_cidr"),
  ...rows(
    resized(reading(0), ({ min, max }) => ({ min, max: max * 4 })),
    "string_to_bytes",
  ),
  ...rows(
    resized(reading(0), ({ min, max }) => ({ min: Math.floor(min / 4), max })),
    "bytes_to_string",
  ),
  ...rows(
    resized(reading(0), ({ min, max }) => ({ min: min + 2, max: max * 2 + 2 })),
    "strings_quote",
  ),
  ...rows(reading(1), "starts_with_string ends_with_string"),
  ...rows((call) => ({ cost: sizeAt(call, 1) }), "in_list"),
  ...rows(search, "matches matches_string"),
  ...rows(
    (call) => ({ cost: times(scaled(sizeAt(call, 0), TEXT_FACTOR), scaled(sizeAt(call, 1), TEXT_FACTOR)) }),
    "contains_string",
  ),
  ...rows(joinedTexts, "add_string add_bytes"),
  ...rows((call) => ({ cost: exactly(1), size: plus(sizeAt(call, 0), sizeAt(call, 1)) }), "add_list"),
  ...rows(
    comparison,
    "less_string greater_string less_equals_string greater_equals_string less_bytes greater_bytes less_equals_bytes " +
      "greater_equals_bytes equals not_equals",
  ),
  ...rows(product(1), "list_sets_contains_list list_sets_intersects_list"),
  ...rows(product(2), "list_sets_equivalent_list"),
  ...rows(madeList, "list_slice list_reverse list_flatten"),
  ...rows(squaredList, "list_distinct list_sort"),
])

const unit: Estimate = constant(1)

/** The estimate of a call that may mean any of the overloads. */
export const estimateCall = (
  name: string,
  overloadIds: ReadonlyArray<string>,
  call: CallSizes,
): CallEstimate => {
  let estimate: CallEstimate | undefined
  for (const id of overloadIds) {
    const one = (byFunction.get(name) ?? byOverload.get(id) ?? unit)(call)
    if (estimate === undefined) {
      estimate = one
      continue
    }
    const sizes = [estimate.size, one.size].filter((size) => size !== undefined)
    const cost = either(estimate.cost, one.cost)
    estimate = sizes.length === 0 ? { cost } : { cost, size: sizes.reduce(either) }
  }
  return estimate ?? { cost: nothing }
}
