/** The protobuf wire format, read: field by field, bounded, every fault a `BadRequest`. */
import { badRequest } from "../status-error.ts"

export interface WireField {
  readonly number: number
  /** Of wire type 0. */
  readonly varint: bigint
  /** Of wire type 1, read as a double. */
  readonly double: number
  /** Of wire type 2: a part of the input, not a copy. */
  readonly bytes: Uint8Array
}

const none = new Uint8Array()

const malformed = (): Error => badRequest("the body of the request is not valid protobuf")

/** A varint at an offset, and where it ends. */
const readVarint = (input: Uint8Array, start: number): readonly [bigint, number] => {
  let value = 0n
  for (let at = start, shift = 0n; at < input.length && shift < 70n; at++, shift += 7n) {
    const byte = input[at] ?? 0
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return [BigInt.asUintN(64, value), at + 1]
  }
  throw malformed()
}

/** The fields of one message, in the order sent. */
export function* readFields(input: Uint8Array): Generator<WireField> {
  let at = 0
  while (at < input.length) {
    const [tag, next] = readVarint(input, at)
    const number = Number(tag >> 3n)
    at = next
    switch (Number(tag & 7n)) {
      case 0: {
        const [varint, end] = readVarint(input, at)
        at = end
        yield { number, varint, double: 0, bytes: none }
        break
      }
      case 1: {
        if (input.length - at < 8) throw malformed()
        const double = new DataView(input.buffer, input.byteOffset + at, 8).getFloat64(0, true)
        at += 8
        yield { number, varint: 0n, double, bytes: none }
        break
      }
      case 2: {
        const [length, from] = readVarint(input, at)
        if (length > BigInt(input.length - from)) throw malformed()
        at = from + Number(length)
        yield { number, varint: 0n, double: 0, bytes: input.subarray(from, at) }
        break
      }
      case 5:
        at += 4
        break
      default:
        throw malformed()
    }
    if (at > input.length) throw malformed()
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true })

export const readText = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    throw malformed()
  }
}
