/**
 * An object's bytes. Stored documents are canonical (apiVersion, kind, metadata first, other keys in order) and carry no
 * resourceVersion; served documents are the same bytes with the revision put in front of the metadata.
 */
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"

const encoder = new TextEncoder()
const metadataOpening = encoder.encode('"metadata":{')
const stamp = encoder.encode('"resourceVersion":"')

const inOrder = (keys: ReadonlyArray<string>): boolean => {
  for (let index = 1; index < keys.length; index++) {
    const before = keys[index - 1]
    const key = keys[index]
    if (before !== undefined && key !== undefined && before > key) return false
  }
  return true
}

/** The same value with every object's keys in order; parts that already are stay the same objects. */
const ordered = (value: MutableJson): MutableJson => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = ordered(value[index] ?? null)
    return value
  }
  const keys = Object.keys(value)
  const sorted = inOrder(keys)
  const result: MutableObject = sorted ? value : {}
  for (const key of sorted ? keys : keys.sort()) result[key] = ordered(value[key] ?? null)
  return result
}

/** The document in its one order. May reuse and change parts of `object`. */
const canonical = (object: MutableObject): MutableObject => {
  const { apiVersion = "", kind = "", metadata = {}, ...rest } = object
  const { resourceVersion: _, ...stored } = isObject(metadata) ? metadata : {}
  const document: MutableObject = { apiVersion, kind, metadata: ordered(stored) }
  for (const key of Object.keys(rest).sort()) document[key] = ordered(rest[key] ?? null)
  return document
}

/** The bytes to store. May change the order of keys in `object`. */
export const encodeDocument = (object: MutableObject): Uint8Array =>
  encoder.encode(JSON.stringify(canonical(object)))

/**
 * Served bytes: those of a stored document with its resourceVersion.
 * Undefined when they are no canonical document (something else wrote under our prefix).
 */
export const withResourceVersion = (stored: Uint8Array, revision: bigint | undefined): Buffer | undefined => {
  const source = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  const opening = source.indexOf(metadataOpening)
  if (opening < 0) return undefined
  const at = opening + metadataOpening.length
  const inserted =
    revision === undefined ? "" : `"resourceVersion":"${revision}"${source[at] === 0x7d ? "" : ","}`
  const served = Buffer.allocUnsafeSlow(source.length + inserted.length)
  source.copy(served, 0, 0, at)
  served.write(inserted, at, "latin1")
  source.copy(served, at + inserted.length, at)
  return served
}

/** Parses served or stored bytes; throws when they are not one JSON object. */
export const decodeDocument = (bytes: Uint8Array): MutableObject => {
  const value: MutableJson = JSON.parse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"),
  )
  if (!isObject(value)) throw new SyntaxError("the stored document is not an object")
  return value
}

/** Served bytes as of another revision; without one, the stored document again. The rest of the bytes stay. */
export const restamped = (served: Buffer, revision: bigint | undefined): Buffer => {
  const opening = served.indexOf(metadataOpening)
  const at = opening + metadataOpening.length
  if (opening < 0 || !served.subarray(at, at + stamp.length).equals(stamp)) return served
  const digitsEnd = served.indexOf(0x22, at + stamp.length)
  if (revision !== undefined) {
    const head = served.subarray(0, at + stamp.length)
    return Buffer.concat([head, encoder.encode(String(revision)), served.subarray(digitsEnd)])
  }
  const rest = served[digitsEnd + 1] === 0x2c ? digitsEnd + 2 : digitsEnd + 1
  return Buffer.concat([served.subarray(0, at), served.subarray(rest)])
}
