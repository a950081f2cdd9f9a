/** Source text to tokens. Source: the language definition of CEL, cel-go's grammar. */
import { textTokenAt } from "./text-literal.ts"
import type { LexFailure, Token } from "./token.ts"

const blank = /(?:[\t \r\n\f]+|\/\/[^\n]*)*/y
const number =
  /0x[0-9a-fA-F]+[uU]?|\d+[uU]|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?|\d+/y
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y
const quoted = /`([A-Za-z0-9_./ -]+)`/y
const symbol = /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y

const matchAt = (pattern: RegExp, source: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(source)
}

const tokenAt = (
  source: string,
  at: number,
  fail: LexFailure,
): { readonly token: Token; readonly end: number } => {
  const text = textTokenAt(source, at, fail)
  if (text !== undefined) return text
  for (const [kind, pattern] of [
    ["number", number],
    ["identifier", identifier],
    ["symbol", symbol],
  ] as const) {
    const match = matchAt(pattern, source, at)
    if (match !== null) return { token: { kind, text: match[0], at }, end: at + match[0].length }
  }
  const match = matchAt(quoted, source, at)
  if (match !== null)
    return { token: { kind: "quoted", text: match[1] ?? "", at }, end: at + match[0].length }
  const wrong = String.fromCodePoint(source.codePointAt(at) ?? 0)
  return fail(at, `Syntax error: token recognition error at: '${wrong}'`)
}

/** All tokens, the last of kind `end`. */
export const tokensOf = (source: string, fail: LexFailure): ReadonlyArray<Token> => {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at += matchAt(blank, source, at)?.[0].length ?? 0
    if (at >= source.length) break
    const { token, end } = tokenAt(source, at, fail)
    tokens.push(token)
    at = end
  }
  tokens.push({ kind: "end", text: "<EOF>", at: source.length })
  return tokens
}
