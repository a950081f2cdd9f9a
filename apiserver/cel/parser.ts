/**
 * Source text to syntax tree.
 *
 * Guarantees: the tree is no deeper and no larger than `limits.ts` says, so that whoever walks it may recurse.
 * Start with {@link parseExpression}.
 */
import { childrenOf, type Entry, type Expr, type Item } from "./ast.ts"
import { tokensOf } from "./lexer.ts"
import { EXPRESSION_DEPTH_MAX, EXPRESSION_NODES_MAX, SOURCE_LENGTH_MAX } from "./limits.ts"
import { expandMacro, type MacroCall } from "./macro.ts"
import { numberLiteral } from "./number-literal.ts"
import { CompileError } from "./source.ts"
import type { Token } from "./token.ts"

const reserved = new Set(
  (
    "as break const continue else false for function if import in let loop package namespace null return true " +
    "var void while"
  ).split(" "),
)

const relations: ReadonlyMap<string, string> = new Map([
  ["<", "_<_"],
  ["<=", "_<=_"],
  [">", "_>_"],
  [">=", "_>=_"],
  ["==", "_==_"],
  ["!=", "_!=_"],
  ["in", "@in"],
])
const sums: ReadonlyMap<string, string> = new Map([
  ["+", "_+_"],
  ["-", "_-_"],
])
const products: ReadonlyMap<string, string> = new Map([
  ["*", "_*_"],
  ["/", "_/_"],
  ["%", "_%_"],
])
/** Binary operators by how loosely they bind. */
const levels = [relations, sums, products]

const literalWords: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
])

class Parser {
  readonly #source: string
  readonly #tokens: ReadonlyArray<Token>
  readonly #depths = new WeakMap<Expr, number>()
  #next = 0
  #nodes = 0
  #nesting = 0

  constructor(source: string) {
    this.#source = source
    let length = source.length
    if (length > SOURCE_LENGTH_MAX) length = [...source].length
    if (length > SOURCE_LENGTH_MAX) {
      this.#fail(0, `expression code point size exceeds limit: size: ${length}, limit ${SOURCE_LENGTH_MAX}`)
    }
    this.#tokens = tokensOf(source, (at, message) => this.#fail(at, message))
  }

  whole(): Expr {
    const expr = this.#expression()
    if (this.#token.kind !== "end") {
      this.#fail(this.#token.at, `Syntax error: mismatched input '${this.#token.text}' expecting <EOF>`)
    }
    return expr
  }

  #fail(at: number, message: string): never {
    throw new CompileError(this.#source, [{ at, message }])
  }

  #tooDeep(at: number): never {
    this.#fail(at, `expression recursion limit exceeded: ${EXPRESSION_DEPTH_MAX}`)
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "<EOF>", at: this.#source.length }
  }

  #is(symbol: string): boolean {
    return this.#token.kind === "symbol" && this.#token.text === symbol
  }

  /** Steps over a symbol if it comes next. */
  #skip(symbol: string): boolean {
    if (!this.#is(symbol)) return false
    this.#next++
    return true
  }

  #expect(symbol: string): void {
    if (this.#skip(symbol)) return
    this.#fail(this.#token.at, `Syntax error: mismatched input '${this.#token.text}' expecting '${symbol}'`)
  }

  /** Counts a node that has been made, and those that a macro made within it. */
  #made(expr: Expr): Expr {
    if (++this.#nodes > EXPRESSION_NODES_MAX) {
      this.#fail(expr.at, `expression has more than ${EXPRESSION_NODES_MAX} nodes`)
    }
    let depth = 0
    for (const child of childrenOf(expr)) {
      if (!this.#depths.has(child)) this.#made(child)
      depth = Math.max(depth, this.#depths.get(child) ?? 0)
    }
    if (depth >= EXPRESSION_DEPTH_MAX) this.#tooDeep(expr.at)
    this.#depths.set(expr, depth + 1)
    return expr
  }

  #call(name: string, at: number, args: ReadonlyArray<Expr>): Expr {
    return this.#made({ kind: "call", name, target: undefined, args, at })
  }

  #expression(): Expr {
    if (++this.#nesting > EXPRESSION_DEPTH_MAX) this.#tooDeep(this.#token.at)
    const condition = this.#junction("||", "_||_", () => this.#junction("&&", "_&&_", () => this.#binary(0)))
    let expr = condition
    const { at } = this.#token
    if (this.#skip("?")) {
      const truthy = this.#junction("||", "_||_", () => this.#junction("&&", "_&&_", () => this.#binary(0)))
      this.#expect(":")
      expr = this.#call("_?_:_", at, [condition, truthy, this.#expression()])
    }
    this.#nesting--
    return expr
  }

  /** `a || b || c` as one call. */
  #junction(symbol: string, name: string, term: () => Expr): Expr {
    const first = term()
    const { at } = this.#token
    if (!this.#is(symbol)) return first
    const terms = [first]
    while (this.#skip(symbol)) terms.push(term())
    return this.#call(name, at, terms)
  }

  #operator(operators: ReadonlyMap<string, string>): string | undefined {
    const { kind, text } = this.#token
    return kind === "symbol" || (kind === "identifier" && text === "in") ? operators.get(text) : undefined
  }

  #binary(level: number): Expr {
    const operators = levels[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (;;) {
      const name = this.#operator(operators)
      if (name === undefined) return left
      const { at } = this.#token
      this.#next++
      left = this.#call(name, at, [left, this.#binary(level + 1)])
    }
  }

  #unary(): Expr {
    const { at, text, kind } = this.#token
    if (kind !== "symbol" || (text !== "!" && text !== "-")) return this.#member(this.#primary())
    let count = 0
    while (this.#is(text)) {
      if (text === "-" && this.#tokens[this.#next + 1]?.kind === "number") break
      this.#next++
      count++
    }
    const operand = this.#member(this.#is("-") ? this.#negativeNumber() : this.#primary())
    return count % 2 === 0 ? operand : this.#call(text === "!" ? "!_" : "-_", at, [operand])
  }

  #negativeNumber(): Expr {
    const { at } = this.#token
    this.#next++
    if (this.#token.kind !== "number") return this.#unexpected(this.#token.text, this.#token.at)
    return this.#number(at, "-")
  }

  #number(at: number, sign: "" | "-"): Expr {
    const { text } = this.#token
    this.#next++
    const value = numberLiteral(sign + text)
    return typeof value === "string" ? this.#fail(at, value) : this.#made({ kind: "literal", value, at })
  }

  #member(start: Expr): Expr {
    let operand = start
    for (;;) {
      const { at } = this.#token
      if (this.#skip(".")) operand = this.#afterDot(operand, at)
      else if (this.#skip("[")) {
        const optional = this.#skip("?")
        const index = this.#expression()
        this.#expect("]")
        operand = this.#call(optional ? "_[?_]" : "_[_]", at, [operand, index])
      } else return operand
    }
  }

  #afterDot(operand: Expr, at: number): Expr {
    const optional = this.#skip("?")
    const { kind, text, at: nameAt } = this.#token
    if (kind === "quoted" || kind === "identifier") {
      this.#next++
      const callAt = this.#token.at
      if (kind === "identifier" && !optional && this.#is("(")) {
        return this.#callOrMacro({ name: text, target: operand, args: this.#arguments(), at: callAt })
      }
      if (kind === "identifier" && literalWords.has(text)) return this.#unexpected(text, nameAt)
      return this.#made({ kind: "select", operand, field: text, test: false, optional, at })
    }
    return this.#unexpected(text, nameAt)
  }

  #unexpected(text: string, at: number): never {
    if (text === "<EOF>") {
      this.#fail(
        at,
        "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', " +
          "NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
      )
    }
    this.#fail(at, `Syntax error: no viable alternative at input '${text}'`)
  }

  #arguments(): ReadonlyArray<Expr> {
    this.#expect("(")
    const args: Expr[] = []
    if (this.#skip(")")) return args
    do args.push(this.#expression())
    while (this.#skip(","))
    this.#expect(")")
    return args
  }

  #callOrMacro(call: MacroCall): Expr {
    const expanded = expandMacro(call, (at, message) => this.#fail(at, message))
    return this.#made(expanded ?? { kind: "call", ...call })
  }

  #primary(): Expr {
    const { kind, text, at, value } = this.#token
    switch (kind) {
      case "number":
        return this.#number(at, "")
      case "text":
        this.#next++
        return this.#made({ kind: "literal", value: value ?? "", at })
      case "identifier":
        return this.#name("")
      case "symbol":
        if (this.#skip("(")) {
          const inner = this.#expression()
          this.#expect(")")
          return inner
        }
        if (this.#skip("[")) return this.#list(at)
        if (this.#skip("{")) return this.#map(at)
        if (this.#skip(".")) return this.#name(".")
    }
    return this.#unexpected(text, at)
  }

  /** An identifier, a literal word, a call or a message. */
  #name(dot: "" | "."): Expr {
    const { kind, text, at } = this.#token
    if (kind !== "identifier") return this.#unexpected(text, at)
    this.#next++
    const literal = dot === "" ? literalWords.get(text) : undefined
    if (literal !== undefined) return this.#made({ kind: "literal", value: literal, at })
    if (reserved.has(text)) {
      this.#fail(
        at,
        text === "in" ? "Syntax error: no viable alternative at input 'in'" : `reserved identifier: ${text}`,
      )
    }
    const callAt = this.#token.at
    if (this.#is("(")) {
      return this.#callOrMacro({ name: dot + text, target: undefined, args: this.#arguments(), at: callAt })
    }
    const message = this.#messageName(dot + text)
    if (message !== undefined) return this.#struct(message)
    return this.#made({ kind: "ident", name: dot + text, at })
  }

  /** The name before a brace, as in `a.b.C{`; undefined when no brace follows. */
  #messageName(first: string): string | undefined {
    let name = first
    let ahead = this.#next
    for (;;) {
      const [dot, part] = [this.#tokens[ahead], this.#tokens[ahead + 1]]
      if (dot?.kind === "symbol" && dot.text === "{") break
      if (dot?.kind !== "symbol" || dot.text !== "." || part?.kind !== "identifier") return undefined
      name += `.${part.text}`
      ahead += 2
    }
    this.#next = ahead
    return name
  }

  #struct(name: string): Expr {
    const { at } = this.#token
    this.#expect("{")
    const fields: { readonly name: string; readonly value: Expr; readonly at: number }[] = []
    while (!this.#is("}")) {
      this.#skip("?")
      const { kind, text, at: nameAt } = this.#token
      if (kind !== "identifier" && kind !== "quoted") return this.#unexpected(text, nameAt)
      this.#next++
      const fieldAt = this.#token.at
      this.#expect(":")
      fields.push({ name: text, value: this.#expression(), at: fieldAt })
      if (!this.#skip(",")) break
    }
    this.#expect("}")
    return this.#made({ kind: "struct", name, fields, at })
  }

  #list(at: number): Expr {
    const items: Item[] = []
    while (!this.#is("]")) {
      const optional = this.#skip("?")
      items.push({ value: this.#expression(), optional })
      if (!this.#skip(",")) break
    }
    this.#expect("]")
    return this.#made({ kind: "list", items, at })
  }

  #map(at: number): Expr {
    const entries: Entry[] = []
    while (!this.#is("}")) {
      const optional = this.#skip("?")
      const key = this.#expression()
      const { at: colon } = this.#token
      this.#expect(":")
      entries.push({ key, value: this.#expression(), optional, at: colon })
      if (!this.#skip(",")) break
    }
    this.#expect("}")
    return this.#made({ kind: "map", entries, at })
  }
}

/** Fails with CompileError. */
export const parseExpression = (source: string): Expr => new Parser(source).whole()
