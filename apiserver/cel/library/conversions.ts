/** Conversions between types. Source: the language definition of CEL, "List of standard definitions". */

import { doubleText } from "../double-text.ts"
import { type Functions, overload } from "../environment.ts"
import { EvaluationError } from "../evaluation-error.ts"
import { checkedInt, checkedUint, INT_MAX, INT_MIN, UINT_MAX } from "../integer.ts"
import {
  booleanOf,
  bytesOf,
  doubleOf,
  durationOf,
  integerOf,
  textOf,
  timestampOf,
  uintOf,
} from "../narrowing.ts"
import {
  durationText,
  parseDuration,
  parseTimestamp,
  secondsOf,
  timestampAt,
  timestampText,
} from "../time.ts"
import * as t from "../type.ts"
import { Double, TypeValue, Uint, type Value } from "../value.ts"
import { typeNameOf } from "../value-type.ts"

const a = t.parameter("A")
const NANOS = 1_000_000_000n

const same = (value: Value): Value => value

const refuse = (value: string, from: string, to: string): never => {
  throw new EvaluationError(
    `type conversion error from '${from}' to '${to}': ${JSON.stringify(value.slice(0, 100))}`,
  )
}

const rangeError = (): never => {
  throw new EvaluationError("integer overflow")
}

const intOfText = (text: string): Value => {
  if (!/^[+-]?\d{1,40}$/.test(text)) return refuse(text, "string", "int")
  return checkedInt(BigInt(text.replace("+", "")))
}

const uintOfText = (text: string): Value => {
  if (!/^\d{1,40}$/.test(text)) return refuse(text, "string", "uint")
  return new Uint(checkedUint(BigInt(text)))
}

const truncated = (value: number, min: bigint, max: bigint): bigint => {
  if (!Number.isFinite(value)) return rangeError()
  const whole = BigInt(Math.trunc(value))
  return whole <= min || whole >= max ? rangeError() : whole
}

const specialDoubles: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
])

const doubleOfText = (text: string): Value => {
  const special = specialDoubles.get(text.toLowerCase().replace(/^[+-]/, ""))
  if (special !== undefined) return new Double(text.startsWith("-") ? -special : special)
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return refuse(text, "string", "double")
  return new Double(Number(text))
}

const truths = ["1", "t", "T", "TRUE", "true", "True"]
const falsehoods = ["0", "f", "F", "FALSE", "false", "False"]

const boolOfText = (text: string): Value => {
  if (truths.includes(text)) return true
  return falsehoods.includes(text) ? false : refuse(text, "string", "bool")
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

const textOfBytes = (bytes: Uint8Array): string => {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new EvaluationError("invalid UTF-8 in bytes, cannot convert to string")
  }
}

const durationOfText = (text: string): Value => parseDuration(text) ?? refuse(text, "string", "duration")
const timestampOfText = (text: string): Value => parseTimestamp(text) ?? refuse(text, "string", "timestamp")

export const conversions: Functions = {
  type: [overload("type", [t.typeOf(a), a], (value) => new TypeValue(typeNameOf(value)))],
  dyn: [overload("to_dyn", [t.dyn, a], same)],
  bool: [
    overload("bool_to_bool", [t.bool, t.bool], booleanOf),
    overload("string_to_bool", [t.bool, t.string], (value) => boolOfText(textOf(value))),
  ],
  bytes: [
    overload("bytes_to_bytes", [t.bytes, t.bytes], bytesOf),
    overload("string_to_bytes", [t.bytes, t.string], (value) => encoder.encode(textOf(value))),
  ],
  double: [
    overload("double_to_double", [t.double, t.double], same),
    overload("int64_to_double", [t.double, t.int], (value) => new Double(Number(integerOf(value)))),
    overload("uint64_to_double", [t.double, t.uint], (value) => new Double(Number(uintOf(value)))),
    overload("string_to_double", [t.double, t.string], (value) => doubleOfText(textOf(value))),
  ],
  duration: [
    overload("duration_to_duration", [t.duration, t.duration], durationOf),
    overload("string_to_duration", [t.duration, t.string], (value) => durationOfText(textOf(value))),
  ],
  int: [
    overload("int64_to_int64", [t.int, t.int], same),
    overload("uint64_to_int64", [t.int, t.uint], (value) => checkedInt(uintOf(value))),
    overload("double_to_int64", [t.int, t.double], (value) =>
      checkedInt(truncated(doubleOf(value), INT_MIN, INT_MAX + 1n)),
    ),
    overload("string_to_int64", [t.int, t.string], (value) => intOfText(textOf(value))),
    overload("timestamp_to_int64", [t.int, t.timestamp], (value) =>
      checkedInt(secondsOf(timestampOf(value))),
    ),
    overload("duration_to_int64", [t.int, t.duration], (value) => checkedInt(durationOf(value).nanos)),
  ],
  string: [
    overload("string_to_string", [t.string, t.string], same),
    overload("bool_to_string", [t.string, t.bool], (value) => String(booleanOf(value))),
    overload("bytes_to_string", [t.string, t.bytes], (value) => textOfBytes(bytesOf(value))),
    overload("double_to_string", [t.string, t.double], (value) => doubleText(doubleOf(value))),
    overload("int64_to_string", [t.string, t.int], (value) => String(integerOf(value))),
    overload("uint64_to_string", [t.string, t.uint], (value) => String(uintOf(value))),
    overload("timestamp_to_string", [t.string, t.timestamp], (value) => timestampText(timestampOf(value))),
    overload("duration_to_string", [t.string, t.duration], (value) => durationText(durationOf(value))),
  ],
  timestamp: [
    overload("timestamp_to_timestamp", [t.timestamp, t.timestamp], timestampOf),
    overload("int64_to_timestamp", [t.timestamp, t.int], (value) =>
      timestampAt(BigInt(integerOf(value)) * NANOS),
    ),
    overload("string_to_timestamp", [t.timestamp, t.string], (value) => timestampOfText(textOf(value))),
  ],
  uint: [
    overload("uint64_to_uint64", [t.uint, t.uint], same),
    overload("int64_to_uint64", [t.uint, t.int], (value) => new Uint(checkedUint(BigInt(integerOf(value))))),
    overload(
      "double_to_uint64",
      [t.uint, t.double],
      (value) => new Uint(checkedUint(truncated(doubleOf(value), -1n, UINT_MAX + 1n))),
    ),
    overload("string_to_uint64", [t.uint, t.string], (value) => uintOfText(textOf(value))),
  ],
}
