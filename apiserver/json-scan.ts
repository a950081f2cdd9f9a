/**
 * One pass over the text of a JSON document for what `JSON.parse` does not tell: duplicate keys, depth, and keys that
 * would reach into prototypes. The text may be malformed: the scan is total, and `JSON.parse` has the last word.
 */
export interface JsonScan {
  /** Paths of keys that occur twice in their object, in document order: `spec.containers[0].image`. */
  readonly duplicates: ReadonlyArray<string>
  readonly depth: number
  /** Path of the first key named `__proto__`. */
  readonly forbidden: string | undefined
}

interface Frame {
  readonly path: string
  readonly keys: Set<string> | undefined
  index: number
  key: string
  expectsKey: boolean
}

const pathOf = (frame: Frame): string => {
  if (frame.keys === undefined) return `${frame.path}[${frame.index}]`
  return frame.path === "" ? frame.key : `${frame.path}.${frame.key}`
}

/** The index of the quote that closes the string opened at `start`, or the end of the text. */
const closingQuote = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5c) at++
    else if (code === 0x22) return at
  }
  return text.length
}

const decodeKey = (raw: string): string => {
  if (!raw.includes("\\")) return raw
  try {
    const key: unknown = JSON.parse(`"${raw}"`)
    return typeof key === "string" ? key : raw
  } catch {
    return raw
  }
}

/** Scans until the end or until `depthMax` is passed. */
export const scanJson = (text: string, depthMax: number): JsonScan => {
  const duplicates: string[] = []
  const stack: Frame[] = []
  let forbidden: string | undefined
  let deepest = 0
  const open = (isObject: boolean): void => {
    const parent = stack.at(-1)
    stack.push({
      path: parent === undefined ? "" : pathOf(parent),
      keys: isObject ? new Set() : undefined,
      index: 0,
      key: "",
      expectsKey: isObject,
    })
    deepest = Math.max(deepest, stack.length)
  }
  const named = (frame: Frame, raw: string): void => {
    frame.key = decodeKey(raw)
    frame.expectsKey = false
    if (frame.keys?.has(frame.key)) duplicates.push(pathOf(frame))
    frame.keys?.add(frame.key)
    if (frame.key === "__proto__") forbidden ??= pathOf(frame)
  }
  for (let at = 0; at < text.length && deepest <= depthMax; at++) {
    const frame = stack.at(-1)
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = closingQuote(text, at)
        if (frame?.expectsKey) named(frame, text.slice(at + 1, end))
        at = end
        break
      }
      case 0x7b:
        open(true)
        break
      case 0x5b:
        open(false)
        break
      case 0x7d:
      case 0x5d:
        stack.pop()
        break
      case 0x2c:
        if (frame === undefined) break
        frame.index++
        frame.expectsKey = frame.keys !== undefined
        break
    }
  }
  return { duplicates, depth: deepest, forbidden }
}
