/** Semantic versions. Source: Kubernetes' semver library; semver.org 2.0.0 for grammar and order. */
import { type Functions, member, type Overload, overload } from "../environment.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import { checkedInt } from "../integer.ts"
import { PARSED_TEXT_LENGTH_MAX } from "../limits.ts"
import { booleanOf, textOf } from "../narrowing.ts"
import * as t from "../type.ts"
import { Opaque, type Value } from "../value.ts"

const semverType = t.opaque("kubernetes.Semver")
const UINT64_DIGITS = 20

const grammar =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

class Semver extends Opaque {
  readonly typeName = "kubernetes.Semver"
  readonly numbers: readonly [bigint, bigint, bigint]
  /** The dotted parts of the pre-release, none for a release. */
  readonly prerelease: ReadonlyArray<string>

  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: ReadonlyArray<string>) {
    super()
    this.numbers = numbers
    this.prerelease = prerelease
  }

  equals(other: Opaque): boolean {
    return other instanceof Semver && compareVersions(this, other) === 0
  }
}

const order = <T extends bigint | string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

const isNumeric = (part: string): boolean => /^\d+$/.test(part)

/** Numbers come before words. */
const compareParts = (a: string, b: string): number => {
  if (isNumeric(a) && isNumeric(b)) return order(BigInt(a), BigInt(b))
  if (isNumeric(a) !== isNumeric(b)) return isNumeric(a) ? -1 : 1
  return order(a, b)
}

const compareVersions = (a: Semver, b: Semver): number => {
  for (const index of [0, 1, 2] as const) {
    const difference = order(a.numbers[index], b.numbers[index])
    if (difference !== 0) return difference
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) {
    return Math.sign(b.prerelease.length) - Math.sign(a.prerelease.length)
  }
  for (const [index, part] of a.prerelease.entries()) {
    const other = b.prerelease[index]
    if (other === undefined) return 1
    const difference = compareParts(part, other)
    if (difference !== 0) return difference
  }
  return order(a.prerelease.length, b.prerelease.length)
}

const parse = (text: string): Semver | undefined => {
  const parts = text.length > PARSED_TEXT_LENGTH_MAX ? null : grammar.exec(text)
  if (parts === null) return undefined
  const [, major = "", minor = "", patch = "", prerelease] = parts
  const ids = prerelease?.split(".") ?? []
  if ([major, minor, patch].some((number) => number.length > UINT64_DIGITS)) return undefined
  if (ids.some((id) => /^0\d+$/.test(id))) return undefined
  return new Semver([BigInt(major), BigInt(minor), BigInt(patch)], ids)
}

/** A version as people write it: `v1`, `1.02`; undefined for a short one with a pre-release or build. */
const normalized = (text: string): string | undefined => {
  const [first = "", second, ...rest] = text.replace(/^v/, "").split(".")
  const numbers = [first, second, rest.length === 0 ? undefined : rest.join(".")].filter(
    (part) => part !== undefined,
  )
  if (numbers.length < 3 && /[+-]/.test(numbers.at(-1) ?? "")) return undefined
  const plain = numbers.map((part) => part.replace(/^0+(?=\d)/, ""))
  return [...plain, ...new Array<string>(3 - plain.length).fill("0")].join(".")
}

const parseLoose = (text: string, normalize: boolean): Semver | undefined => {
  const strict = normalize && text.length <= PARSED_TEXT_LENGTH_MAX ? normalized(text) : text
  return strict === undefined ? undefined : parse(strict)
}

const parsed = (text: Value, normalize: boolean): Semver => {
  const version = parseLoose(textOf(text), normalize)
  if (version === undefined) {
    throw new EvaluationError(
      `No Major.Minor.Patch elements found in ${JSON.stringify(textOf(text).slice(0, 100))}`,
    )
  }
  return version
}

const versionOf = (value: Value | undefined): Semver => {
  if (value instanceof Semver) return value
  throw noSuchOverload()
}

const comparison = (a: Value, b: Value): number => compareVersions(versionOf(a), versionOf(b))

const number = (name: string, index: 0 | 1 | 2): ReadonlyArray<Overload> => [
  member(`semver_${name}`, [t.int, semverType], (value) => checkedInt(versionOf(value).numbers[index])),
]

export const semver: Functions = {
  semver: [
    overload("string_to_semver", [semverType, t.string], (text) => parsed(text, false)),
    overload("string_bool_to_semver", [semverType, t.string, t.bool], (text, normalize) =>
      parsed(text, booleanOf(normalize)),
    ),
  ],
  isSemver: [
    overload("is_semver_string", [t.bool, t.string], (text) => parse(textOf(text)) !== undefined),
    overload(
      "is_semver_string_bool",
      [t.bool, t.string, t.bool],
      (text, normalize) => parseLoose(textOf(text), booleanOf(normalize)) !== undefined,
    ),
  ],
  isGreaterThan: [
    member("semver_is_greater_than", [t.bool, semverType, semverType], (a, b) => comparison(a, b) > 0),
  ],
  isLessThan: [
    member("semver_is_less_than", [t.bool, semverType, semverType], (a, b) => comparison(a, b) < 0),
  ],
  compareTo: [member("semver_compare_to", [t.int, semverType, semverType], comparison)],
  major: number("major", 0),
  minor: number("minor", 1),
  patch: number("patch", 2),
}
