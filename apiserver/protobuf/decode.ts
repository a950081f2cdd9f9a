/**
 * Protobuf request bodies of typed Go clients (kubectl's generators, controller-runtime), as the JSON that they mean.
 * Source: apimachinery `runtime/serializer/protobuf`.
 */
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { badRequest } from "../status-error.ts"
import { type FieldType, type Message, messages } from "./messages.ts"
import { readFields, readText, type WireField } from "./reader.ts"

/** `k8s` and a zero byte. */
const magic = [0x6b, 0x38, 0x73, 0x00]

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")

const timeOf = (bytes: Uint8Array, fraction: number): string | undefined => {
  let seconds = 0n
  let nanos = 0n
  for (const field of readFields(bytes)) {
    if (field.number === 1) seconds = BigInt.asIntN(64, field.varint)
    if (field.number === 2) nanos = BigInt.asIntN(32, field.varint)
  }
  if (seconds === 0n && nanos === 0n) return undefined
  const time = new Date(Number(seconds) * 1000)
  if (Number.isNaN(time.getTime())) throw badRequest("a time in the body of the request is out of range")
  const whole = time.toISOString().slice(0, -5)
  const digits = String(nanos).padStart(9, "0").slice(0, fraction)
  return fraction === 0 ? `${whole}Z` : `${whole}.${digits}Z`
}

const integerOf = (varint: bigint): number => Number(BigInt.asIntN(64, varint))

const fieldsV1Of = (bytes: Uint8Array): MutableJson | undefined => {
  for (const field of readFields(bytes)) {
    if (field.number !== 1) continue
    try {
      const value: MutableJson = JSON.parse(readText(field.bytes))
      return isObject(value) ? value : undefined
    } catch {
      throw badRequest("managedFields in the body of the request are not JSON")
    }
  }
  return undefined
}

const mapEntry = (bytes: Uint8Array, values: "string" | "bytes"): readonly [string, string] => {
  let key = ""
  let value = ""
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = readText(field.bytes)
    if (field.number === 2) value = values === "string" ? readText(field.bytes) : base64(field.bytes)
  }
  if (key === "__proto__") throw badRequest('the key "__proto__" is not accepted')
  return [key, value]
}

/** One occurrence of a field: its value, given what earlier ones made of it; undefined where it means absent. */
const jsonOf = (
  field: WireField,
  type: FieldType,
  earlier: MutableJson | undefined,
): MutableJson | undefined => {
  if (typeof type === "object") {
    if ("message" in type) {
      const message = decodeMessage(field.bytes, type.message)
      return Object.keys(message).length === 0 ? undefined : message
    }
    if ("list" in type) {
      const items = Array.isArray(earlier) ? earlier : []
      items.push(
        type.list === "string" ? readText(field.bytes) : decodeMessage(field.bytes, type.list.message),
      )
      return items
    }
    const entries = isObject(earlier) ? earlier : {}
    const [key, value] = mapEntry(field.bytes, type.map)
    entries[key] = value
    return entries
  }
  switch (type) {
    case "string":
      return readText(field.bytes) || undefined
    case "bytes":
      return base64(field.bytes)
    case "integer":
      return integerOf(field.varint)
    case "count":
      return integerOf(field.varint) || undefined
    case "boolean":
      return field.varint !== 0n
    case "time":
      return timeOf(field.bytes, 0)
    case "microTime":
      return timeOf(field.bytes, 6)
    case "fieldsV1":
      return fieldsV1Of(field.bytes)
  }
}

const decodeMessage = (bytes: Uint8Array, message: Message): MutableObject => {
  const object: MutableObject = {}
  for (const field of readFields(bytes)) {
    const known = message[field.number]
    if (known === undefined) continue
    const [name, type] = known
    const value = jsonOf(field, type, object[name])
    if (value !== undefined) object[name] = value
  }
  return object
}

interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
}

const openEnvelope = (body: Uint8Array): Envelope => {
  if (!magic.every((byte, index) => body[index] === byte)) {
    throw badRequest(
      "the body of the request is not what its Content-Type says: it does not begin as Kubernetes protobuf",
    )
  }
  let envelope: Envelope = { apiVersion: "", kind: "", raw: new Uint8Array() }
  for (const { number, bytes } of readFields(body.subarray(magic.length))) {
    if (number === 2) envelope = { ...envelope, raw: bytes }
    if (number !== 1) continue
    for (const field of readFields(bytes)) {
      if (field.number === 1) envelope = { ...envelope, apiVersion: readText(field.bytes) }
      if (field.number === 2) envelope = { ...envelope, kind: readText(field.bytes) }
    }
  }
  return envelope
}

/** The object in a body; undefined when its kind is none that is read from protobuf. Fails with `BadRequest`. */
export const decodeProtobuf = (body: Uint8Array): MutableObject | undefined => {
  const { apiVersion, kind, raw } = openEnvelope(body)
  const name = `${apiVersion}/${kind}`
  const message = Object.hasOwn(messages, name) ? messages[name] : undefined
  return message === undefined ? undefined : { apiVersion, kind, ...decodeMessage(raw, message) }
}
