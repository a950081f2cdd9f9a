/** The tokens of a source, read one after the other, and the failures that say where. */
import { tokensOf } from "./lexer.ts"
import { SOURCE_LENGTH_MAX } from "./limits.ts"
import { CompileError } from "./source.ts"
import type { Token } from "./token.ts"

export class TokenReader {
  readonly #source: string
  readonly #tokens: ReadonlyArray<Token>
  #next = 0

  /** Fails with CompileError when the source is too long or no tokens. */
  constructor(source: string) {
    this.#source = source
    let length = source.length
    if (length > SOURCE_LENGTH_MAX) length = [...source].length
    if (length > SOURCE_LENGTH_MAX) {
      this.fail(0, `expression code point size exceeds limit: size: ${length}, limit ${SOURCE_LENGTH_MAX}`)
    }
    this.#tokens = tokensOf(source, (at, message) => this.fail(at, message))
  }

  fail(at: number, message: string): never {
    throw new CompileError(this.#source, [{ at, message }])
  }

  /** The token that comes next, or one behind it. */
  peek(ahead = 0): Token {
    return this.#tokens[this.#next + ahead] ?? { kind: "end", text: "<EOF>", at: this.#source.length }
  }

  get token(): Token {
    return this.peek()
  }

  advance(count = 1): void {
    this.#next += count
  }

  is(symbol: string): boolean {
    return this.token.kind === "symbol" && this.token.text === symbol
  }

  /** Steps over a symbol if it comes next. */
  skip(symbol: string): boolean {
    if (!this.is(symbol)) return false
    this.#next++
    return true
  }

  expect(symbol: string): void {
    if (this.skip(symbol)) return
    this.fail(this.token.at, `Syntax error: mismatched input '${this.token.text}' expecting '${symbol}'`)
  }

  /** Fails for a token that nothing can begin with. */
  unexpected({ text, at }: Token): never {
    if (text === "<EOF>") {
      this.fail(
        at,
        "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', " +
          "NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
      )
    }
    this.fail(at, `Syntax error: no viable alternative at input '${text}'`)
  }
}
