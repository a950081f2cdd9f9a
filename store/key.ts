/**
 * Keys as etcd sees them: bytes of UTF-8, in byte order.
 *
 * JavaScript compares strings by UTF-16 units, which orders characters beyond U+FFFF before U+E000..U+FFFF. A
 * {@link ByteKey} is a string in which the two orders agree, and is the key itself wherever that is ASCII.
 */
import { limits, StoreError } from "./store.ts"

/** A key with one UTF-16 unit per UTF-8 byte: `<` and `startsWith` on it work as on the bytes. */
export type ByteKey = string & { readonly ByteKey: unique symbol }

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the ASCII range is meant
const ascii = /^[\x00-\x7f]*$/

export const byteKey = (text: string): ByteKey =>
  (ascii.test(text) ? text : Buffer.from(text, "utf8").toString("latin1")) as ByteKey

/** The key of a ByteKey. */
export const textOfByteKey = (key: ByteKey): string =>
  ascii.test(key) ? key : Buffer.from(key, "latin1").toString("utf8")

/** The first ByteKey after every key that starts with this one, or undefined when there is none. */
export const byteKeyAfterPrefix = (prefix: ByteKey): ByteKey | undefined => {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix.charCodeAt(last)
    if (byte < 0xff) return (prefix.slice(0, last) + String.fromCharCode(byte + 1)) as ByteKey
  }
  return undefined
}

/** Refuses what no implementation can hold: `TooLarge`, or a TypeError for text that is no key at all. */
export const checkKey = (key: string): void => {
  if (key.length === 0) throw new TypeError("a store key must not be empty")
  if (!key.isWellFormed() || key.includes("\0"))
    throw new TypeError(`a store key must be well-formed text without NUL: ${JSON.stringify(key)}`)
  if (key.length > limits.keyBytesMax / 4 && Buffer.byteLength(key) > limits.keyBytesMax)
    throw new StoreError("TooLarge", key.slice(0, 64), {
      message: `the key ${key.slice(0, 64)}... has ${Buffer.byteLength(key)} bytes; at most ${limits.keyBytesMax} are kept`,
    })
}

/** Refuses a value over the limit with `TooLarge`. */
export const checkValue = (key: string, value: Uint8Array): void => {
  if (value.byteLength > limits.valueBytesMax)
    throw new StoreError("TooLarge", key, {
      message: `the value of ${key} has ${value.byteLength} bytes; at most ${limits.valueBytesMax} are kept`,
    })
}

/** Refuses a time to live that is no positive number; whole seconds, rounded up. */
export const checkTtl = (ttlSeconds: number): number => {
  if (!(ttlSeconds > 0 && Number.isFinite(ttlSeconds)))
    throw new TypeError(`a session's time to live must be a positive number of seconds: ${ttlSeconds}`)
  return Math.ceil(ttlSeconds)
}
