/**
 * Label selectors: text in, predicate out.
 * Source: apimachinery `labels.Parse`. Start with {@link parseLabelSelector}.
 */

import { type LabelSelector, MachineryError } from "../machinery.ts"
import { labelValueProblem, qualifiedNameProblem } from "../schema/index.ts"
import { labelTokens, type Token } from "./label-tokens.ts"
import { REQUIREMENTS_MAX, SELECTOR_LENGTH_MAX } from "./limits.ts"

type Labels = { readonly [key: string]: string }
type Requirement = (labels: Labels) => boolean

const none: Labels = {}

const refuse = (detail: string): MachineryError =>
  new MachineryError("BadRequest", `unable to parse requirement: ${detail}`)

const labelOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined

const integer = /^[+-]?[0-9]{1,19}$/

const compares = (key: string, operator: ">" | "<", bound: bigint): Requirement => {
  return (labels) => {
    const value = labelOf(labels, key)
    if (value === undefined || !integer.test(value)) return false
    return operator === ">" ? BigInt(value) > bound : BigInt(value) < bound
  }
}

/** A recursive-descent parser over the tokens of one selector. */
class Parser {
  readonly #tokens: ReadonlyArray<Token>
  #at = 0

  constructor(text: string) {
    this.#tokens = labelTokens(text)
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "" }
  }

  #take(): Token {
    const token = this.#next
    this.#at++
    return token
  }

  requirements(): ReadonlyArray<Requirement> {
    const found: Requirement[] = []
    if (this.#next.kind === "end") return found
    for (;;) {
      found.push(this.#requirement())
      if (found.length > REQUIREMENTS_MAX) throw refuse(`more than ${REQUIREMENTS_MAX} requirements`)
      const after = this.#take()
      if (after.kind === "end") return found
      if (after.kind !== ",") throw refuse(`found '${after.text}', expected: ',' or 'end of string'`)
    }
  }

  #requirement(): Requirement {
    const absent = this.#next.kind === "!"
    if (absent) this.#at++
    const key = this.#take()
    if (key.kind !== "identifier") throw refuse(`found '${key.text}', expected: !, identifier`)
    const problem = qualifiedNameProblem(key.text)
    if (problem !== undefined) throw refuse(`key: Invalid value: ${JSON.stringify(key.text)}: ${problem}`)
    if (absent) return (labels) => !Object.hasOwn(labels, key.text)
    if (this.#next.kind === "end" || this.#next.kind === ",")
      return (labels) => Object.hasOwn(labels, key.text)
    return this.#operation(key.text)
  }

  #operation(key: string): Requirement {
    const operator = this.#take()
    switch (operator.kind === "identifier" ? operator.text : operator.kind) {
      case "=":
      case "==": {
        const value = this.#exactValue()
        return (labels) => labelOf(labels, key) === value
      }
      case "!=": {
        const value = this.#exactValue()
        return (labels) => labelOf(labels, key) !== value
      }
      case "in": {
        const values = this.#values()
        return (labels) => Object.hasOwn(labels, key) && values.has(labels[key] ?? "")
      }
      case "notin": {
        const values = this.#values()
        return (labels) => !Object.hasOwn(labels, key) || !values.has(labels[key] ?? "")
      }
      case ">":
        return compares(key, ">", this.#bound())
      case "<":
        return compares(key, "<", this.#bound())
      default:
        throw refuse(`found '${operator.text}', expected: in, notin, =, ==, !=, >, <`)
    }
  }

  #exactValue(): string {
    if (this.#next.kind === "end" || this.#next.kind === ",") return ""
    const token = this.#take()
    if (token.kind !== "identifier") throw refuse(`found '${token.text}', expected: identifier`)
    return this.#checked(token.text)
  }

  #bound(): bigint {
    const token = this.#take()
    if (token.kind !== "identifier" || !integer.test(token.text)) {
      throw refuse(`found '${token.text}', expected: an integer after '>' or '<'`)
    }
    return BigInt(token.text)
  }

  /** `(a,b)`; an omitted value is the empty one, as in `(a,)`. */
  #values(): ReadonlySet<string> {
    const open = this.#take()
    if (open.kind !== "(") throw refuse(`found '${open.text}', expected: '('`)
    const values = new Set<string>()
    for (;;) {
      const token = this.#take()
      let value = ""
      let after = token
      if (token.kind === "identifier") {
        value = this.#checked(token.text)
        after = this.#take()
      }
      values.add(value)
      if (after.kind === ")") return values
      if (after.kind !== ",") throw refuse(`found '${after.text}', expected: ',' or ')'`)
    }
  }

  #checked(value: string): string {
    const problem = labelValueProblem(value)
    if (problem !== undefined) throw refuse(`values: Invalid value: ${JSON.stringify(value)}: ${problem}`)
    return value
  }
}

/**
 * The predicate that a label selector describes; the empty text selects everything.
 *
 * Fails with: BadRequest (`unable to parse requirement`).
 */
export const parseLabelSelector = (text: string): LabelSelector => {
  if (text.length > SELECTOR_LENGTH_MAX) throw refuse(`longer than ${SELECTOR_LENGTH_MAX} characters`)
  const requirements = new Parser(text).requirements()
  const [first] = requirements
  if (first === undefined) return () => true
  if (requirements.length === 1) return (labels) => first(labels ?? none)
  return (labels) => {
    for (const requirement of requirements) if (!requirement(labels ?? none)) return false
    return true
  }
}
