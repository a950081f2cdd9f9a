/** String and bytes literals: quotes, triple quotes, raw and escaped. */
import type { LexFailure, TextToken } from "./token.ts"

const opening = /([bB]?[rR]?|[rR][bB])("""|'''|"|')/y

const simpleEscapes: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["b", 8],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
  ['"', 34],
  ["'", 39],
  ["\\", 92],
  ["?", 63],
  ["`", 96],
])

const codeEscape = /[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})/y

interface Escape {
  readonly point: number
  readonly length: number
  /** `\u` and `\U`: a character, never a byte. */
  readonly unicode: boolean
}

/** The escape behind a backslash, undefined when there is none of that kind. */
const escapeAt = (source: string, at: number): Escape | undefined => {
  const simple = simpleEscapes.get(source.charAt(at))
  if (simple !== undefined) return { point: simple, length: 1, unicode: false }
  codeEscape.lastIndex = at
  const match = codeEscape.exec(source)
  if (match === null) return undefined
  const [text, byte, short, long, octal] = match
  const point =
    octal === undefined ? Number.parseInt(byte ?? short ?? long ?? "", 16) : Number.parseInt(octal, 8)
  return { point, length: text.length, unicode: short !== undefined || long !== undefined }
}

const encoder = new TextEncoder()

/** What has been read of a literal: text, or the bytes of it. */
class Pieces {
  readonly #isBytes: boolean
  readonly #texts: string[] = []
  readonly #bytes: number[] = []

  constructor(isBytes: boolean) {
    this.#isBytes = isBytes
  }

  text(piece: string): void {
    if (this.#isBytes) for (const byte of encoder.encode(piece)) this.#bytes.push(byte)
    else this.#texts.push(piece)
  }

  /** Whether the literal may have this escape. */
  escape({ point, unicode }: Escape): boolean {
    if (this.#isBytes) {
      if (unicode) return false
      this.#bytes.push(point)
      return true
    }
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false
    this.#texts.push(String.fromCodePoint(point))
    return true
  }

  get value(): string | Uint8Array {
    return this.#isBytes ? Uint8Array.from(this.#bytes) : this.#texts.join("")
  }
}

const isLineEnd = (char: string): boolean => char === "\n" || char === "\r"

/** The literal that begins at an offset, undefined when none does. */
export const textTokenAt = (source: string, at: number, fail: LexFailure): TextToken | undefined => {
  opening.lastIndex = at
  const match = opening.exec(source)
  if (match === null) return undefined
  const [head, prefix = "", quote = '"'] = match
  const isRaw = /r/i.test(prefix)
  const pieces = new Pieces(/b/i.test(prefix))
  const unended = (): never =>
    fail(at, `Syntax error: token recognition error at: '${source.slice(at, at + 40).split("\n")[0]}'`)
  let next = at + head.length
  let plain = next
  while (!source.startsWith(quote, next)) {
    const char = source.charAt(next)
    if (char === "" || (quote.length === 1 && isLineEnd(char))) return unended()
    if (char !== "\\" || isRaw) {
      next++
      continue
    }
    pieces.text(source.slice(plain, next))
    const escaped = escapeAt(source, next + 1)
    if (escaped === undefined) return unended()
    if (!pieces.escape(escaped)) return fail(at, "unable to unescape string")
    next += 1 + escaped.length
    plain = next
  }
  pieces.text(source.slice(plain, next))
  const end = next + quote.length
  return { token: { kind: "text", text: source.slice(at, end), at, value: pieces.value }, end }
}
