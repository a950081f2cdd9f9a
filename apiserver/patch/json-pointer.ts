/** JSON Pointer (RFC 6901). */

const badEscape = /~(?![01])/

/** The reference tokens of a pointer; undefined when it is not one. */
export const pointerTokens = (pointer: string): ReadonlyArray<string> | undefined => {
  if (pointer === "") return []
  if (!pointer.startsWith("/")) return undefined
  const tokens = pointer.slice(1).split("/")
  if (!pointer.includes("~")) return tokens
  if (badEscape.test(pointer)) return undefined
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
}

/** The array index that a token names (no sign, no leading zero); undefined for anything else. */
export const arrayIndex = (token: string): number | undefined =>
  /^(?:0|[1-9][0-9]{0,9})$/.test(token) ? Number(token) : undefined
