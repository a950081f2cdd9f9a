/**
 * Protobuf request bodies of typed Go clients (kubectl's generators, controller-runtime), as the JSON that they mean.
 * Total: any bytes give an object or a `BadRequest`. Source: apimachinery `runtime/serializer/protobuf`.
 */
import { isObject } from "../body-object.ts"
import { limits } from "../limits.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { badRequest } from "../status-error.ts"
import type { Field, Message, ValueType } from "./message-table.ts"
import { messageOf } from "./messages.ts"
import { readFields, readText, type WireField } from "./reader.ts"
import { scalarOf, zeroOf } from "./scalars.ts"

/** `k8s` and a zero byte. */
const magic = [0x6b, 0x38, 0x73, 0x00]

const isEmpty = (value: MutableJson): boolean => isObject(value) && Object.keys(value).length === 0

/** One value of a type; undefined when it is zero and that means absent. */
const readValue = (
  field: WireField,
  type: ValueType,
  more: { readonly keepsZero: boolean; readonly depth: number },
): MutableJson | undefined => {
  if (typeof type === "string") return scalarOf(field, type) ?? (more.keepsZero ? zeroOf(type) : undefined)
  const value = decodeMessage(field.bytes, type, more.depth + 1)
  return value === undefined || more.keepsZero || !isEmpty(value) ? value : undefined
}

const addMapEntry = (bytes: Uint8Array, type: ValueType, into: MutableObject, depth: number): void => {
  let key = ""
  let value: MutableJson | undefined
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = readText(field.bytes)
    if (field.number === 2) value = readValue(field, type, { keepsZero: true, depth })
  }
  if (key === "__proto__") throw badRequest('the key "__proto__" is not accepted')
  value ??= typeof type === "string" ? zeroOf(type) : {}
  if (value !== undefined) into[key] = value
}

/** Takes one occurrence of a field up into the object. */
const addField = (object: MutableObject, wire: WireField, field: Field, depth: number): void => {
  const { name, type, shape, keepsZero } = field
  if (shape === "list") {
    const earlier = object[name]
    const items = Array.isArray(earlier) ? earlier : []
    const item = readValue(wire, type, { keepsZero: true, depth })
    if (item !== undefined) items.push(item)
    object[name] = items
    return
  }
  if (shape === "map") {
    const earlier = object[name]
    const entries = isObject(earlier) ? earlier : {}
    addMapEntry(wire.bytes, type, entries, depth)
    object[name] = entries
    return
  }
  const value = readValue(wire, type, { keepsZero, depth })
  if (value === undefined) return
  if (name !== "-") object[name] = value
  else if (isObject(value)) Object.assign(object, value)
}

/** The JSON of a message; undefined for one that stands for a value and has none. */
const decodeMessage = (bytes: Uint8Array, message: Message, depth: number): MutableJson | undefined => {
  if (depth > limits.jsonDepthMax)
    throw badRequest(`the body of the request is nested deeper than ${limits.jsonDepthMax} levels`)
  const object: MutableObject = {}
  let last: string | undefined
  for (const wire of readFields(bytes)) {
    const field = message.fields.get(wire.number)
    if (field === undefined) continue
    addField(object, wire, field, depth)
    if (Object.hasOwn(object, field.name)) last = field.name
  }
  if (!message.isValue) return object
  return last === undefined ? undefined : object[last]
}

interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
}

/** Source: `runtime.Unknown`. */
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
  const message = messageOf(apiVersion, kind)
  const object = message === undefined ? undefined : decodeMessage(raw, message, 0)
  return isObject(object) ? { apiVersion, kind, ...object } : undefined
}
