/** The tokens of the language. */
export type TokenKind = "number" | "text" | "identifier" | "quoted" | "symbol" | "end"

export interface Token {
  readonly kind: TokenKind
  /** As written; of a quoted identifier what is between the quotes. */
  readonly text: string
  readonly at: number
  /** Of strings and bytes: what they stand for. */
  readonly value?: string | Uint8Array
}

export interface TextToken {
  readonly token: Token
  readonly end: number
}

/** Says where the text stops being tokens. */
export type LexFailure = (at: number, message: string) => never
