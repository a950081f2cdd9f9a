/** The tokens of a label selector. Source: apimachinery `labels`, its grammar. */
export interface Token {
  readonly kind: "identifier" | "end" | "!" | "=" | "==" | "!=" | "(" | ")" | "," | ">" | "<"
  readonly text: string
}

const space = " \t\r\n"
const special = "=!(),<>"

const identifierEnd = (text: string, start: number): number => {
  let end = start
  while (end < text.length) {
    const char = text.charAt(end)
    if (special.includes(char) || space.includes(char)) break
    end++
  }
  return end
}

const symbolAt = (text: string, at: number): Token["kind"] => {
  switch (text.charAt(at)) {
    case "=":
      return text.charAt(at + 1) === "=" ? "==" : "="
    case "!":
      return text.charAt(at + 1) === "=" ? "!=" : "!"
    case "(":
      return "("
    case ")":
      return ")"
    case ",":
      return ","
    case ">":
      return ">"
    default:
      return "<"
  }
}

/** All tokens, ending with `end`. Any text has tokens; whether they make sense is the parser's business. */
export const labelTokens = (text: string): ReadonlyArray<Token> => {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (space.includes(char)) {
      at++
    } else if (special.includes(char)) {
      const kind = symbolAt(text, at)
      tokens.push({ kind, text: kind })
      at += kind.length
    } else {
      const end = identifierEnd(text, at)
      tokens.push({ kind: "identifier", text: text.slice(at, end) })
      at = end
    }
  }
  tokens.push({ kind: "end", text: "" })
  return tokens
}
