/** The grammar of one JSONPath: `.a.b[0]`, `['x']`, `[*]`, `[1:3]`, `..name`, `[?(@.a=="b")]`. */
import type { Json } from "../../schemas/index.ts"
import { CliFailure } from "../failure.ts"

export interface Path {
  /** `@` and `.` start at the current value, `$` at the root. */
  readonly from: "root" | "current"
  readonly steps: ReadonlyArray<Step>
}

type Test = (left: Json | undefined, right: Json | undefined) => boolean

export type Step =
  | { readonly type: "field"; readonly name: string }
  | { readonly type: "wildcard" }
  | { readonly type: "slice"; readonly start: number; readonly end: number | undefined; readonly by: number }
  | { readonly type: "union"; readonly steps: ReadonlyArray<Step> }
  | { readonly type: "descend"; readonly step: Step }
  | { readonly type: "filter"; readonly operands: ReadonlyArray<Operand>; readonly test: Test }

export type Operand =
  | { readonly type: "literal"; readonly value: Json }
  | { readonly type: "path"; readonly path: Path }

/** Fails with CliFailure Usage. */
export const parsePath = (source: string): Path => {
  const from = source.startsWith("$") ? "root" : "current"
  const steps: Step[] = []
  let rest = source.replace(/^[$@]/, "")
  while (rest !== "") {
    const { step, length } = nextStep(source, rest)
    if (step !== undefined) steps.push(step)
    rest = rest.slice(length)
  }
  return { from, steps }
}

const refused = (source: string, why: string): CliFailure =>
  new CliFailure("Usage", `jsonpath ${source}: ${why}`)

interface Parsed {
  /** None for the lone dot, which is the value itself. */
  readonly step: Step | undefined
  readonly length: number
}

const nextStep = (source: string, rest: string): Parsed => {
  if (rest.startsWith("..")) {
    const inner = rest[2] === "[" ? nextStep(source, rest.slice(2)) : nextStep(source, rest.slice(1))
    if (inner.step === undefined) throw refused(source, "a name is missing after ..")
    return { step: { type: "descend", step: inner.step }, length: inner.length + (rest[2] === "[" ? 2 : 1) }
  }
  if (rest.startsWith("[")) {
    const length = closingBracket(source, rest) + 1
    return { step: parseBrackets(source, rest.slice(1, length - 1).trim()), length }
  }
  if (rest === ".") return { step: undefined, length: 1 }
  if (rest.startsWith(".[")) return { step: undefined, length: 1 }
  if (rest.startsWith(".*")) return { step: { type: "wildcard" }, length: 2 }
  // A dot within a name is escaped: `.metadata.annotations.example\.com/size`.
  const match = /^\.?((?:\\.|[^\s.[\]\\(){}'"=<>!,])+)/.exec(rest)
  if (match === null) throw refused(source, `${JSON.stringify(rest)} is not understood`)
  const name = (match[1] ?? "").replaceAll(/\\(.)/g, "$1")
  return { step: { type: "field", name }, length: match[0].length }
}

const closingBracket = (source: string, rest: string): number => {
  let depth = 0
  let quote = ""
  for (let at = 0; at < rest.length; at++) {
    const character = rest[at] ?? ""
    if (quote !== "") {
      if (character === "\\") at++
      else if (character === quote) quote = ""
    } else if (character === '"' || character === "'") quote = character
    else if (character === "[") depth++
    else if (character === "]" && --depth === 0) return at
  }
  throw refused(source, "a [ is not closed")
}

const parseBrackets = (source: string, inside: string): Step => {
  if (inside === "*") return { type: "wildcard" }
  const filter = /^\?\s*\(([\s\S]*)\)$/.exec(inside)
  if (filter !== null) return parseFilter(source, (filter[1] ?? "").trim())
  const parts = splitOutsideQuotes(inside, ",")
  const steps = parts.map((part) => parseSelector(source, part.trim()))
  const [only] = steps
  return steps.length === 1 && only !== undefined ? only : { type: "union", steps }
}

const parseSelector = (source: string, part: string): Step => {
  const quoted = /^(["'])([\s\S]*)\1$/.exec(part)
  if (quoted !== null) return { type: "field", name: (quoted[2] ?? "").replaceAll(/\\(.)/g, "$1") }
  if (/^-?\d+$/.test(part)) {
    const index = Number(part)
    return { type: "slice", start: index, end: index === -1 ? undefined : index + 1, by: 1 }
  }
  const range = /^(-?\d+)?:(-?\d+)?(?::(\d+))?$/.exec(part)
  if (range === null) throw refused(source, `[${part}] is not understood`)
  const [, start, end, by] = range
  if (by === "0") throw refused(source, "the step of a slice is not 0")
  return {
    type: "slice",
    start: start === undefined ? 0 : Number(start),
    end: end === undefined ? undefined : Number(end),
    by: by === undefined ? 1 : Number(by),
  }
}

const tests: { readonly [operator: string]: Test } = {
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  "<=": (left, right) => compare(left, right, (order) => order <= 0),
  ">=": (left, right) => compare(left, right, (order) => order >= 0),
  "<": (left, right) => compare(left, right, (order) => order < 0),
  ">": (left, right) => compare(left, right, (order) => order > 0),
}

/** Numbers with numbers, text with text; anything else never holds. */
const compare = (
  left: Json | undefined,
  right: Json | undefined,
  holds: (order: number) => boolean,
): boolean => {
  if (typeof left === "number" && typeof right === "number") return holds(left - right)
  if (typeof left === "string" && typeof right === "string")
    return holds(left < right ? -1 : left > right ? 1 : 0)
  return false
}

const parseFilter = (source: string, inside: string): Step => {
  for (const operator of Object.keys(tests)) {
    const [left, ...right] = splitOutsideQuotes(inside, operator)
    const test = tests[operator]
    if (left === undefined || right.length === 0 || test === undefined) continue
    const operands = [parseOperand(source, left.trim()), parseOperand(source, right.join(operator).trim())]
    return { type: "filter", operands, test }
  }
  return { type: "filter", operands: [parseOperand(source, inside)], test: (left) => left !== undefined }
}

const parseOperand = (source: string, text: string): Operand => {
  const quoted = /^(["'])([\s\S]*)\1$/.exec(text)
  if (quoted !== null) return { type: "literal", value: (quoted[2] ?? "").replaceAll(/\\(.)/g, "$1") }
  if (/^-?\d+(\.\d+)?$/.test(text)) return { type: "literal", value: Number(text) }
  if (text === "true" || text === "false") return { type: "literal", value: text === "true" }
  if (/^[@$.]/.test(text)) return { type: "path", path: parsePath(text) }
  throw refused(source, `${JSON.stringify(text)} is neither a path nor a value`)
}

const splitOutsideQuotes = (text: string, separator: string): ReadonlyArray<string> => {
  const parts: string[] = []
  let quote = ""
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? ""
    if (quote !== "") {
      if (character === "\\") at++
      else if (character === quote) quote = ""
    } else if (character === '"' || character === "'") quote = character
    else if (text.startsWith(separator, at)) {
      parts.push(text.slice(start, at))
      start = at + separator.length
      at = start - 1
    }
  }
  return [...parts, text.slice(start)]
}
