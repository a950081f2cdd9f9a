/** Positions in texts by code points, as the language counts them, against the UTF-16 units of JavaScript. */
import { spendOnText } from "./effort.ts"

const isPlain = (text: string): boolean => {
  spendOnText(text.length)
  return !/[\ud800-\udfff]/.test(text)
}

/** How many code points a text has. */
export const lengthOf = (text: string): number => {
  spendOnText(text.length)
  let length = text.length
  for (let at = 0; at < text.length - 1; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0xd800 || unit > 0xdbff) continue
    const next = text.charCodeAt(at + 1)
    if (next >= 0xdc00 && next <= 0xdfff) {
      length--
      at++
    }
  }
  return length
}

/** The offset in units of the code point at an index. */
export const unitOffset = (text: string, index: number): number => {
  if (isPlain(text)) return index
  let offset = 0
  for (let point = 0; point < index && offset < text.length; point++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1
  }
  return offset
}

/** The index of the code point at an offset in units; -1 stays. */
export const pointIndex = (text: string, offset: number): number =>
  offset < 0 || isPlain(text) ? offset : lengthOf(text.slice(0, offset))
