/** The official conformance data of CEL, run against our implementation. */
import { baseFunctions } from "../../apiserver/cel/base-environment.ts"
import { checkExpression } from "../../apiserver/cel/checker.ts"
import { ArrayList, EntryMap } from "../../apiserver/cel/collection.ts"
import type { Environment } from "../../apiserver/cel/environment.ts"
import { equals } from "../../apiserver/cel/equality.ts"
import { parseExpression } from "../../apiserver/cel/parser.ts"
import { compile, compileUnchecked, type Evaluation } from "../../apiserver/cel/program.ts"
import { CompileError } from "../../apiserver/cel/source.ts"
import { parseDuration, parseTimestamp } from "../../apiserver/cel/time.ts"
import type { Type } from "../../apiserver/cel/type.ts"
import * as t from "../../apiserver/cel/type.ts"
import {
  Double,
  Duration,
  intOf,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "../../apiserver/cel/value.ts"

/** A message of the data in protobuf's JSON form. */
type Message = { readonly [field: string]: unknown }

export interface SpecTest {
  readonly original: Message & { readonly name?: string; readonly expr: string }
  readonly type?: string
  readonly error?: string
}

export interface SpecSuite {
  readonly name: string
  readonly suites?: ReadonlyArray<SpecSuite>
  readonly tests?: ReadonlyArray<SpecTest>
}

export interface Outcome {
  readonly suite: string
  readonly passed: number
  readonly outOfScope: ReadonlyArray<string>
  readonly failed: ReadonlyArray<string>
}

const isMessage = (value: unknown): value is Message => typeof value === "object" && value !== null

const messageAt = (message: Message, field: string): Message => {
  const value = message[field]
  return isMessage(value) ? value : {}
}

const listAt = (message: Message, field: string): ReadonlyArray<Message> => {
  const value = message[field]
  return Array.isArray(value) ? value.filter(isMessage) : []
}

/** The data speaks of messages that only a protobuf runtime has. */
class OutOfScope extends Error {}

const objectValue = (message: Message): Value => {
  const type = String(message["@type"] ?? "")
  const value = message.value
  if (type.endsWith("google.protobuf.Duration")) return parseDuration(String(value)) ?? new Duration(0n)
  if (type.endsWith("google.protobuf.Timestamp")) return parseTimestamp(String(value)) ?? new Timestamp(0n)
  throw new OutOfScope(type)
}

const specValue = (message: Message): Value => {
  const [entry] = Object.entries(message)
  if (entry === undefined) return null
  const [kind, value] = entry
  switch (kind) {
    case "nullValue":
      return null
    case "boolValue":
      return value === true
    case "int64Value":
      return intOf(BigInt(String(value)))
    case "uint64Value":
      return new Uint(BigInt(String(value)))
    case "doubleValue":
      return new Double(Number(value))
    case "stringValue":
      return String(value)
    case "bytesValue":
      return new Uint8Array(Buffer.from(String(value), "base64"))
    case "typeValue":
      return new TypeValue(String(value))
    case "listValue":
      return new ArrayList(listAt(messageAt(message, kind), "values").map(specValue))
    case "mapValue": {
      const entries = listAt(messageAt(message, kind), "entries")
      return new EntryMap(
        entries.map((each) => [specValue(messageAt(each, "key")), specValue(messageAt(each, "value"))]),
      )
    }
    case "objectValue":
      return objectValue(messageAt(message, kind))
    default:
      throw new OutOfScope(kind)
  }
}

const primitives: ReadonlyMap<unknown, Type> = new Map([
  ["BOOL", t.bool],
  ["INT64", t.int],
  ["UINT64", t.uint],
  ["DOUBLE", t.double],
  ["STRING", t.string],
  ["BYTES", t.bytes],
])
const wellKnown: ReadonlyMap<unknown, Type> = new Map([
  ["TIMESTAMP", t.timestamp],
  ["DURATION", t.duration],
  ["ANY", t.dyn],
])

const typeOfMessage = (message: Message): Type => {
  const [kind] = Object.keys(message)
  const inner = messageAt(message, kind ?? "")
  switch (kind) {
    case "primitive":
      return primitives.get(message.primitive) ?? t.dyn
    case "wellKnown":
      return wellKnown.get(message.wellKnown) ?? t.dyn
    case "wrapper":
      return { kind: "wrapper", of: primitives.get(message.wrapper) ?? t.dyn }
    case "dyn":
      return t.dyn
    case "null":
      return t.nullType
    case "listType":
      return t.listOf(typeOfMessage(messageAt(inner, "elemType")))
    case "mapType":
      return t.mapOf(typeOfMessage(messageAt(inner, "keyType")), typeOfMessage(messageAt(inner, "valueType")))
    case "type":
      return t.typeOf(typeOfMessage(inner))
    case "typeParam":
      return t.parameter(String(message.typeParam))
    case "abstractType": {
      const [first = t.dyn] = listAt(inner, "parameterTypes").map(typeOfMessage)
      if (inner.name === "optional_type") return t.optionalOf(first)
      return t.opaque(String(inner.name), listAt(inner, "parameterTypes").map(typeOfMessage))
    }
    default:
      throw new OutOfScope(`type ${kind}`)
  }
}

const protobufWords =
  /TestAllTypes|NestedTestAllTypes|GlobalEnum|google\.protobuf\.|proto\.(has|get)Ext|cel\.block|cel\.index|cel\.iterVar|Int32Value|Int64Value|Value\{|Any\{|Struct\{|base64\./

const environmentOf = (test: SpecTest["original"]): Environment => {
  const variables = new Map<string, Type>()
  for (const name of Object.keys(messageAt(test, "bindings"))) variables.set(name, t.dyn)
  for (const declaration of listAt(test, "typeEnv")) {
    if (!("ident" in declaration)) throw new OutOfScope("declared functions")
    variables.set(String(declaration.name), typeOfMessage(messageAt(messageAt(declaration, "ident"), "type")))
  }
  return { functions: baseFunctions, variables, container: String(test.container ?? ""), mixedLiterals: true }
}

const sameValue = (found: Value, expected: Value): boolean => {
  if (found instanceof Double && expected instanceof Double) {
    return Object.is(found.value, expected.value) || found.value === expected.value
  }
  const isOptional = found instanceof Optional && !(expected instanceof Optional)
  const inner = isOptional ? (found.value ?? null) : found
  const sameKind = inner?.constructor === expected?.constructor || typeof inner === typeof expected
  return sameKind && equals(inner, expected)
}

const outcomeText = (evaluation: Evaluation): string =>
  evaluation.kind === "value"
    ? JSON.stringify(evaluation, (_key, value) => (typeof value === "bigint" ? String(value) : value))
    : evaluation.message

/** Undefined when the test holds, else what came instead. */
const failureOf = (test: SpecTest["original"]): string | undefined => {
  const environment = environmentOf(test)
  const bindings = messageAt(test, "bindings")
  const values = new Map(
    Object.entries(bindings).map(([name, binding]) => [
      name,
      specValue(messageAt(isMessage(binding) ? binding : {}, "value")),
    ]),
  )
  if (test.checkOnly === true) return typeFailure(test, environment)
  const wantsError = "evalError" in test || "anyEvalErrors" in test
  try {
    const program = (test.disableCheck === true ? compileUnchecked : compile)(test.expr, environment)
    const evaluation = program.run((name) => values.get(name), Number.MAX_SAFE_INTEGER)
    if (wantsError) return evaluation.kind === "error" ? undefined : `no error: ${outcomeText(evaluation)}`
    if (evaluation.kind !== "value") return evaluation.message
    const typed = messageAt(test, "typedResult")
    const expected =
      "value" in test
        ? specValue(messageAt(test, "value"))
        : "result" in typed
          ? specValue(messageAt(typed, "result"))
          : true
    if (!sameValue(evaluation.value, expected)) return outcomeText(evaluation)
    return "deducedType" in typed ? typeFailure(test, environment) : undefined
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    return wantsError ? undefined : error.message
  }
}

const typeFailure = (test: SpecTest["original"], environment: Environment): string | undefined => {
  const checked = checkExpression(parseExpression(test.expr), environment)
  if (checked.issues.length > 0) return checked.issues.map(({ message }) => message).join("; ")
  const expected = t.typeText(typeOfMessage(messageAt(messageAt(test, "typedResult"), "deducedType")))
  const found = t.typeText(checked.type)
  return found === expected ? undefined : `type ${found}, not ${expected}`
}

const testsOf = (suite: SpecSuite): ReadonlyArray<SpecTest> => [
  ...(suite.tests ?? []),
  ...(suite.suites ?? []).flatMap(testsOf),
]

export const runSuite = (suite: SpecSuite): Outcome => {
  const failed: string[] = []
  const outOfScope: string[] = []
  let passed = 0
  for (const { original } of testsOf(suite)) {
    const name = `${original.name ?? ""}: ${original.expr}`
    try {
      const failure = failureOf(original)
      if (failure === undefined) passed++
      else if (protobufWords.test(original.expr)) outOfScope.push(name)
      else failed.push(`${name} -> ${failure}`)
    } catch (error) {
      if (!(error instanceof OutOfScope))
        failed.push(`${name} -> threw ${error instanceof Error ? error.stack : String(error)}`)
      else outOfScope.push(name)
    }
  }
  return { suite: suite.name, passed, outOfScope, failed }
}
