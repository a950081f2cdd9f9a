/** Scalars of the wire as JSON values, and the few messages of apimachinery that have a form of their own. */
import { scanJson } from "../json-scan.ts"
import { limits } from "../limits.ts"
import type { MutableJson } from "../machinery.ts"
import { badRequest } from "../status-error.ts"
import type { Scalar } from "./message-table.ts"
import { readFields, readText, type WireField } from "./reader.ts"

export const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")

/** Seconds and nanoseconds; the zero time is none. */
const timeOf = (bytes: Uint8Array, fractionDigits: 0 | 6): string | undefined => {
  let seconds = 0n
  let nanos = 0n
  for (const field of readFields(bytes)) {
    if (field.number === 1) seconds = BigInt.asIntN(64, field.varint)
    if (field.number === 2) nanos = BigInt.asIntN(32, field.varint)
  }
  if (seconds === 0n && nanos === 0n) return undefined
  const time = new Date(Number(seconds) * 1000)
  const year = Number.isNaN(time.getTime()) ? -1 : time.getUTCFullYear()
  if (year < 0 || year > 9999 || nanos < 0n || nanos > 999_999_999n)
    throw badRequest("a time in the body of the request is out of range")
  const whole = time.toISOString().slice(0, -5)
  if (fractionDigits === 0) return `${whole}Z`
  return `${whole}.${String(nanos).padStart(9, "0").slice(0, fractionDigits)}Z`
}

/** Source: `intstr.IntOrString`: type 0 is a number, 1 a text. */
const intOrStringOf = (bytes: Uint8Array): MutableJson | undefined => {
  let isText = false
  let number = 0
  let text = ""
  for (const field of readFields(bytes)) {
    if (field.number === 1) isText = field.varint === 1n
    if (field.number === 2) number = Number(BigInt.asIntN(32, field.varint))
    if (field.number === 3) text = readText(field.bytes)
  }
  return isText ? text : number === 0 ? undefined : number
}

const jsonOf = (bytes: Uint8Array): MutableJson => {
  const text = readText(bytes)
  const { depth, forbidden } = scanJson(text, limits.jsonDepthMax)
  if (depth > limits.jsonDepthMax)
    throw badRequest(`the body of the request is nested deeper than ${limits.jsonDepthMax} levels`)
  if (forbidden !== undefined) throw badRequest(`the key ${JSON.stringify(forbidden)} is not accepted`)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badRequest("the body of the request holds JSON that cannot be read", cause)
  }
}

const integerOf = (varint: bigint): number => {
  const value = Number(BigInt.asIntN(64, varint))
  if (!Number.isSafeInteger(value)) throw badRequest("a number in the body of the request is out of range")
  return value
}

const finite = (value: number): number => {
  if (!Number.isFinite(value)) throw badRequest("a number in the body of the request is not finite")
  return value
}

/** The value of one field; undefined when it is the zero value of its type. */
export const scalarOf = (field: WireField, type: Scalar): MutableJson | undefined => {
  switch (type) {
    case "string":
      return readText(field.bytes) || undefined
    case "bytes":
      return base64(field.bytes) || undefined
    case "int":
      return integerOf(field.varint) || undefined
    case "bool":
      return field.varint !== 0n || undefined
    case "double":
      return finite(field.double) || undefined
    case "time":
      return timeOf(field.bytes, 0)
    case "microTime":
      return timeOf(field.bytes, 6)
    case "json":
      return field.bytes.length === 0 ? undefined : jsonOf(field.bytes)
    case "intOrString":
      return intOrStringOf(field.bytes)
  }
}

/** What a scalar is in JSON when it is there and zero; undefined where that means nothing. */
export const zeroOf = (type: Scalar): MutableJson | undefined => {
  switch (type) {
    case "string":
    case "bytes":
      return ""
    case "int":
    case "double":
    case "intOrString":
      return 0
    case "bool":
      return false
    case "time":
    case "microTime":
    case "json":
      return undefined
  }
}
