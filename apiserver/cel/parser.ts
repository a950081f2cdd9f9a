/**
 * Source text to syntax tree.
 *
 * Guarantees: the tree is no deeper and no larger than `limits.ts` says, so that whoever walks it may recurse.
 * Start with {@link parseExpression}.
 */
import { childrenOf, type Entry, type Expr, type Item } from "./ast.ts"
import { EXPRESSION_DEPTH_MAX, EXPRESSION_NODES_MAX } from "./limits.ts"
import { expandMacro, type MacroCall } from "./macro.ts"
import { numberLiteral } from "./number-literal.ts"
import type { Token } from "./token.ts"
import { TokenReader } from "./token-reader.ts"

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
  readonly #reader: TokenReader
  readonly #depths = new WeakMap<Expr, number>()
  #nodes = 0
  #nesting = 0

  constructor(source: string) {
    this.#reader = new TokenReader(source)
  }

  whole(): Expr {
    const expr = this.#expression()
    if (this.#token.kind !== "end") {
      this.#reader.fail(
        this.#token.at,
        `Syntax error: mismatched input '${this.#token.text}' expecting <EOF>`,
      )
    }
    return expr
  }

  #tooDeep(at: number): never {
    this.#reader.fail(at, `expression recursion limit exceeded: ${EXPRESSION_DEPTH_MAX}`)
  }

  get #token(): Token {
    return this.#reader.token
  }

  /** Counts a node that has been made, and those that a macro made within it. */
  #made(expr: Expr): Expr {
    if (++this.#nodes > EXPRESSION_NODES_MAX) {
      this.#reader.fail(expr.at, `expression has more than ${EXPRESSION_NODES_MAX} nodes`)
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
    if (this.#reader.skip("?")) {
      const truthy = this.#junction("||", "_||_", () => this.#junction("&&", "_&&_", () => this.#binary(0)))
      this.#reader.expect(":")
      expr = this.#call("_?_:_", at, [condition, truthy, this.#expression()])
    }
    this.#nesting--
    return expr
  }

  /** `a || b || c` as one call. */
  #junction(symbol: string, name: string, term: () => Expr): Expr {
    const first = term()
    const { at } = this.#token
    if (!this.#reader.is(symbol)) return first
    const terms = [first]
    while (this.#reader.skip(symbol)) terms.push(term())
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
      this.#reader.advance()
      left = this.#call(name, at, [left, this.#binary(level + 1)])
    }
  }

  #unary(): Expr {
    const { at, text, kind } = this.#token
    if (kind !== "symbol" || (text !== "!" && text !== "-")) return this.#member(this.#primary())
    let count = 0
    while (this.#reader.is(text)) {
      if (text === "-" && this.#reader.peek(1).kind === "number") break
      this.#reader.advance()
      count++
    }
    const operand = this.#member(this.#reader.is("-") ? this.#negativeNumber() : this.#primary())
    return count % 2 === 0 ? operand : this.#call(text === "!" ? "!_" : "-_", at, [operand])
  }

  #negativeNumber(): Expr {
    const { at } = this.#token
    this.#reader.advance()
    if (this.#token.kind !== "number") return this.#reader.unexpected(this.#token)
    return this.#number(at, "-")
  }

  #number(at: number, sign: "" | "-"): Expr {
    const { text } = this.#token
    this.#reader.advance()
    const value = numberLiteral(sign + text)
    return typeof value === "string"
      ? this.#reader.fail(at, value)
      : this.#made({ kind: "literal", value, at })
  }

  #member(start: Expr): Expr {
    let operand = start
    for (;;) {
      const { at } = this.#token
      if (this.#reader.skip(".")) operand = this.#afterDot(operand, at)
      else if (this.#reader.skip("[")) {
        const optional = this.#reader.skip("?")
        const index = this.#expression()
        this.#reader.expect("]")
        operand = this.#call(optional ? "_[?_]" : "_[_]", at, [operand, index])
      } else return operand
    }
  }

  #afterDot(operand: Expr, at: number): Expr {
    const optional = this.#reader.skip("?")
    const { kind, text, at: nameAt } = this.#token
    if (kind === "quoted" || kind === "identifier") {
      this.#reader.advance()
      const callAt = this.#token.at
      if (kind === "identifier" && !optional && this.#reader.is("(")) {
        return this.#callOrMacro({ name: text, target: operand, args: this.#arguments(), at: callAt })
      }
      if (kind === "identifier" && literalWords.has(text))
        return this.#reader.unexpected({ kind, text, at: nameAt })
      return this.#made({ kind: "select", operand, field: text, test: false, optional, at })
    }
    return this.#reader.unexpected({ kind, text, at: nameAt })
  }

  #arguments(): ReadonlyArray<Expr> {
    this.#reader.expect("(")
    const args: Expr[] = []
    if (this.#reader.skip(")")) return args
    do args.push(this.#expression())
    while (this.#reader.skip(","))
    this.#reader.expect(")")
    return args
  }

  #callOrMacro(call: MacroCall): Expr {
    const expanded = expandMacro(call, (at, message) => this.#reader.fail(at, message))
    return this.#made(expanded ?? { kind: "call", ...call })
  }

  #primary(): Expr {
    const { kind, text, at, value } = this.#token
    switch (kind) {
      case "number":
        return this.#number(at, "")
      case "text":
        this.#reader.advance()
        return this.#made({ kind: "literal", value: value ?? "", at })
      case "identifier":
        return this.#name("")
      case "symbol":
        if (this.#reader.skip("(")) {
          const inner = this.#expression()
          this.#reader.expect(")")
          return inner
        }
        if (this.#reader.skip("[")) return this.#list(at)
        if (this.#reader.skip("{")) return this.#map(at)
        if (this.#reader.skip(".")) return this.#name(".")
    }
    return this.#reader.unexpected({ kind, text, at: at })
  }

  /** An identifier, a literal word, a call or a message. */
  #name(dot: "" | "."): Expr {
    const { kind, text, at } = this.#token
    if (kind !== "identifier") return this.#reader.unexpected({ kind, text, at: at })
    this.#reader.advance()
    const literal = dot === "" ? literalWords.get(text) : undefined
    if (literal !== undefined) return this.#made({ kind: "literal", value: literal, at })
    if (reserved.has(text)) {
      this.#reader.fail(
        at,
        text === "in" ? "Syntax error: no viable alternative at input 'in'" : `reserved identifier: ${text}`,
      )
    }
    const callAt = this.#token.at
    if (this.#reader.is("(")) {
      return this.#callOrMacro({ name: dot + text, target: undefined, args: this.#arguments(), at: callAt })
    }
    const message = this.#messageName(dot + text)
    if (message !== undefined) return this.#struct(message)
    return this.#made({ kind: "ident", name: dot + text, at })
  }

  /** The name before a brace, as in `a.b.C{`; undefined when no brace follows. */
  #messageName(first: string): string | undefined {
    let name = first
    let ahead = 0
    for (;;) {
      const [dot, part] = [this.#reader.peek(ahead), this.#reader.peek(ahead + 1)]
      if (dot.kind === "symbol" && dot.text === "{") break
      if (dot.kind !== "symbol" || dot.text !== "." || part.kind !== "identifier") return undefined
      name += `.${part.text}`
      ahead += 2
    }
    this.#reader.advance(ahead)
    return name
  }

  #struct(name: string): Expr {
    const { at } = this.#token
    this.#reader.expect("{")
    const fields: { readonly name: string; readonly value: Expr; readonly at: number }[] = []
    while (!this.#reader.is("}")) {
      this.#reader.skip("?")
      const { kind, text, at: nameAt } = this.#token
      if (kind !== "identifier" && kind !== "quoted")
        return this.#reader.unexpected({ kind, text, at: nameAt })
      this.#reader.advance()
      const fieldAt = this.#token.at
      this.#reader.expect(":")
      fields.push({ name: text, value: this.#expression(), at: fieldAt })
      if (!this.#reader.skip(",")) break
    }
    this.#reader.expect("}")
    return this.#made({ kind: "struct", name, fields, at })
  }

  #list(at: number): Expr {
    const items: Item[] = []
    while (!this.#reader.is("]")) {
      const optional = this.#reader.skip("?")
      items.push({ value: this.#expression(), optional })
      if (!this.#reader.skip(",")) break
    }
    this.#reader.expect("]")
    return this.#made({ kind: "list", items, at })
  }

  #map(at: number): Expr {
    const entries: Entry[] = []
    while (!this.#reader.is("}")) {
      const optional = this.#reader.skip("?")
      const key = this.#expression()
      const { at: colon } = this.#token
      this.#reader.expect(":")
      entries.push({ key, value: this.#expression(), optional, at: colon })
      if (!this.#reader.skip(",")) break
    }
    this.#reader.expect("}")
    return this.#made({ kind: "map", entries, at })
  }
}

/** Fails with CompileError. */
export const parseExpression = (source: string): Expr => new Parser(source).whole()
