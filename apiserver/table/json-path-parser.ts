/**
 * The JSONPath that printer columns, selectable fields and scale paths are written in:
 * `.a.b`, `['a.b']`, `.a\.b`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `.*`, `[?(@.type=="Ready")]`.
 * Source: client-go `util/jsonpath`, without its templates and its recursive descent.
 */
import { MachineryError } from "../machinery.ts"
import { JSON_PATH_LENGTH_MAX } from "./limits.ts"

type Literal = string | number | boolean | null
export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">="

/** `@.path`, a value, or a comparison of two. */
export interface Filter {
  readonly left: Operand
  readonly comparison: { readonly operator: Operator; readonly right: Operand } | undefined
}

export type Operand =
  | { readonly kind: "literal"; readonly value: Literal }
  | { readonly kind: "path"; readonly steps: ReadonlyArray<Step> }

export type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "slice"; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: "all" }
  | { readonly kind: "filter"; readonly filter: Filter }

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): ReadonlyArray<Step> {
    if (this.#next === "$") this.#at++
    const steps = this.#steps()
    if (this.#at < this.#text.length) throw this.#refusal("expected '.' or '['")
    return steps
  }

  get #next(): string {
    return this.#text.charAt(this.#at)
  }

  #refusal(problem: string): MachineryError {
    return new MachineryError(
      "Invalid",
      `invalid JSONPath ${JSON.stringify(this.#text)}: ${problem} at ${this.#at}`,
    )
  }

  #expect(text: string): void {
    if (!this.#text.startsWith(text, this.#at)) throw this.#refusal(`expected '${text}'`)
    this.#at += text.length
  }

  #spaces(): void {
    while (this.#next === " ") this.#at++
  }

  #steps(): ReadonlyArray<Step> {
    const steps: Step[] = []
    for (;;) {
      if (this.#next === "[") steps.push(this.#bracket())
      else if (this.#next === ".") {
        this.#at++
        if (this.#text.charAt(this.#at) !== "[" && this.#at < this.#text.length) steps.push(this.#name())
        else if (steps.length > 0) throw this.#refusal("expected a name")
      } else return steps
    }
  }

  #name(): Step {
    if (this.#next === "*") {
      this.#at++
      return { kind: "all" }
    }
    let name = ""
    for (; this.#at < this.#text.length; this.#at++) {
      if (this.#next === "\\") this.#at++
      else if (/[.[\]()=!<>,\s?@|&]/.test(this.#next)) break
      name += this.#next
    }
    if (name === "") throw this.#refusal("expected a name")
    return { kind: "field", name }
  }

  #bracket(): Step {
    this.#expect("[")
    if (this.#text.startsWith("?(", this.#at)) {
      this.#at += 2
      const filter = this.#filter()
      this.#expect(")]")
      return { kind: "filter", filter }
    }
    const step = this.#bracketed()
    this.#expect("]")
    return step
  }

  #bracketed(): Step {
    if (this.#next === "*") {
      this.#at++
      return { kind: "all" }
    }
    if (this.#next === "'" || this.#next === '"') return { kind: "field", name: this.#quoted() }
    const from = this.#integer()
    if (this.#next !== ":") {
      if (from === undefined) throw this.#refusal("expected an index")
      return { kind: "index", index: from }
    }
    this.#at++
    return { kind: "slice", from, to: this.#integer() }
  }

  #integer(): number | undefined {
    const digits = /^-?\d{1,9}/.exec(this.#text.slice(this.#at, this.#at + 10))
    if (digits === null) return undefined
    this.#at += digits[0].length
    return Number(digits[0])
  }

  #quoted(): string {
    const quote = this.#next
    let value = ""
    for (this.#at++; this.#next !== quote; this.#at++) {
      if (this.#at >= this.#text.length) throw this.#refusal("a string is not closed")
      if (this.#next === "\\") this.#at++
      value += this.#next
    }
    this.#at++
    return value
  }

  #filter(): Filter {
    const left = this.#operand()
    this.#spaces()
    const operator = /^(?:==|!=|<=|>=|<|>)/.exec(this.#text.slice(this.#at, this.#at + 2))
    if (operator === null) return { left, comparison: undefined }
    this.#at += operator[0].length
    const right = this.#operand()
    this.#spaces()
    return { left, comparison: { operator: operator[0] as Operator, right } }
  }

  #operand(): Operand {
    this.#spaces()
    if (this.#next === "@") {
      this.#at++
      return { kind: "path", steps: this.#steps() }
    }
    if (this.#next === "'" || this.#next === '"') return { kind: "literal", value: this.#quoted() }
    const word = /^(?:true|false|null|-?\d{1,15}(?:\.\d{1,15})?)/.exec(
      this.#text.slice(this.#at, this.#at + 32),
    )
    if (word === null) throw this.#refusal("expected '@', a string, a number, true, false or null")
    this.#at += word[0].length
    return { kind: "literal", value: JSON.parse(word[0]) as Literal }
  }
}

/** The steps of a path; braces around it are taken off. Fails with Invalid. */
export const parseJsonPath = (text: string): ReadonlyArray<Step> => {
  if (text.length > JSON_PATH_LENGTH_MAX) {
    throw new MachineryError(
      "Invalid",
      `a JSONPath must not be longer than ${JSON_PATH_LENGTH_MAX} characters`,
    )
  }
  const trimmed = text.trim()
  const bare = trimmed.startsWith("{") && trimmed.endsWith("}") ? trimmed.slice(1, -1).trim() : trimmed
  return new Parser(bare).whole()
}
