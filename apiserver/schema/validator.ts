/**
 * Validation of values against a structural schema: one walk, in document order, in Kubernetes' words.
 *
 * Ratcheting (KEP-4008): given the old value, a part that did not change is not judged, so that a schema can
 * tighten. Items of lists of type map correspond by key; other lists only as wholes; inside allOf, anyOf, oneOf and
 * not nothing is excused but the whole value. Start with {@link Validator}.
 */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { equal, isArray, isObject, own } from "../json/index.ts"
import { type FieldError, MachineryError } from "../machinery.ts"
import { embeddedResourceErrors } from "./embedded-resource.ts"
import { duplicate, invalid, notSupported, required, typeInvalid } from "./field-error.ts"
import { fieldPathText } from "./field-path.ts"
import { SCHEMA_DEPTH_MAX } from "./limits.ts"
import { canonicalText, duplicatesIn, itemKey, itemsByKey } from "./list-identity.ts"
import { type SchemaNode, schemaNode } from "./node.ts"
import { type Check, numberChecks, stringChecks } from "./scalar-checks.ts"
import { itemsCheck, propertiesCheck, type SizeCheck } from "./size-checks.ts"
import { kindName, kindOf, NULL, type TakenKinds, takenKinds } from "./value-kind.ts"

type Old = Json | undefined

/** One validation under way. */
export class ErrorCollector {
  readonly path: (string | number)[] = []
  readonly errors: FieldError[] = []
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  readonly field = (): string => fieldPathText(this.path)

  get full(): boolean {
    return this.errors.length >= this.#limit
  }

  get room(): number {
    return this.#limit - this.errors.length
  }

  add(error: FieldError | undefined): void {
    if (error !== undefined && !this.full) this.errors.push(error)
  }
}

/** The junctors of a schema; most have none. */
interface Junctors {
  readonly allOf: ReadonlyArray<Validator>
  readonly anyOf: ReadonlyArray<Validator>
  readonly oneOf: ReadonlyArray<Validator>
  readonly not: Validator | undefined
}

const junctorsOf = (schema: JsonObject, depth: number): Junctors | undefined => {
  if (!["allOf", "anyOf", "oneOf", "not"].some((key) => Object.hasOwn(schema, key))) return undefined
  const branches = (key: string): ReadonlyArray<Validator> => {
    const list = own(schema, key)
    return isArray(list) ? list.filter(isObject).map((branch) => new Validator(branch, { depth })) : []
  }
  const not = own(schema, "not")
  return {
    allOf: branches("allOf"),
    anyOf: branches("anyOf"),
    oneOf: branches("oneOf"),
    not: isObject(not) ? new Validator(not, { depth }) : undefined,
  }
}

/** The values of an `enum`: scalars are looked up, the rest compared. */
class Choices {
  readonly values: JsonArray
  readonly #scalars: ReadonlySet<Json>
  readonly #others: JsonArray

  constructor(values: JsonArray) {
    this.values = values
    this.#scalars = new Set(values.filter((value) => typeof value !== "object" || value === null))
    this.#others = values.filter((value) => typeof value === "object" && value !== null)
  }

  has(value: Json): boolean {
    return this.#scalars.has(value) || this.#others.some((other) => equal(other, value))
  }
}

/** Where a validator stands in its schema. */
interface Standing {
  readonly depth?: number
  readonly node?: SchemaNode | undefined
}

/** A schema node that judges values. Fails with Invalid when the schema nests too deep. */
export class Validator {
  readonly #taken: TakenKinds
  readonly #node: SchemaNode
  readonly #strings: ReadonlyArray<Check<string>>
  readonly #numbers: ReadonlyArray<Check<number>>
  readonly #items: Validator | undefined
  readonly #itemCount: SizeCheck | undefined
  readonly #properties = new Map<string, Validator>()
  readonly #additional: Validator | undefined
  readonly #propertyCount: SizeCheck | undefined
  readonly #required: ReadonlyArray<string>
  readonly #choices: Choices | undefined
  readonly #junctors: Junctors | undefined

  constructor(schema: JsonObject, { depth = 0, node = schemaNode(schema) }: Standing = {}) {
    if (depth > SCHEMA_DEPTH_MAX) {
      throw new MachineryError("Invalid", `the schema is nested deeper than ${SCHEMA_DEPTH_MAX} levels`)
    }
    const below = (
      value: Json | undefined,
      child: SchemaNode | boolean | undefined,
    ): Validator | undefined =>
      isObject(value) && typeof child === "object"
        ? new Validator(value, { depth: depth + 1, node: child })
        : undefined
    this.#node = node
    this.#taken = takenKinds(schema)
    this.#strings = stringChecks(schema)
    this.#numbers = numberChecks(schema)
    this.#itemCount = itemsCheck(schema)
    this.#propertyCount = propertiesCheck(schema)
    this.#items = below(own(schema, "items"), node.items)
    this.#additional = below(own(schema, "additionalProperties"), node.additional)
    const properties = own(schema, "properties")
    for (const [name, child] of node.properties) {
      const property = below(isObject(properties) ? own(properties, name) : undefined, child)
      if (property !== undefined) this.#properties.set(name, property)
    }
    const names = own(schema, "required")
    this.#required = isArray(names) ? names.filter((name) => typeof name === "string") : []
    const values = own(schema, "enum")
    this.#choices = isArray(values) ? new Choices(values) : undefined
    this.#junctors = junctorsOf(schema, depth + 1)
  }

  /** Judges a value; `old` is what it was, undefined when nothing is excused. */
  check(value: Json, old: Old, into: ErrorCollector): void {
    if (old !== undefined && equal(value, old)) return
    const kind = kindOf(value)
    const nullable = kind === NULL && this.#node.nullable
    if (!nullable && (kind & this.#taken.mask) === 0) {
      this.#wrongKind(kind, into)
      return
    }
    if (this.#choices?.has(value) === false) into.add(notSupported(into.field(), value, this.#choices.values))
    if (nullable) return
    if (typeof value === "string") for (const check of this.#strings) into.add(check(value, into.field))
    else if (typeof value === "number") for (const check of this.#numbers) into.add(check(value, into.field))
    else if (isArray(value)) this.#list(value, old, into)
    else if (isObject(value)) this.#object(value, old, into)
    if (this.#junctors !== undefined) this.#junct(value, this.#junctors, into)
  }

  #wrongKind(kind: number, into: ErrorCollector): void {
    const got = kindName(kind)
    const field = into.field()
    into.add(typeInvalid(field, got, `${field} in body must be of type ${this.#taken.text}: "${got}"`))
  }

  #object(object: JsonObject, old: Old, into: ErrorCollector): void {
    if (this.#propertyCount !== undefined) {
      into.add(this.#propertyCount(Object.keys(object).length, into.field))
    }
    if (this.#node.embedded) for (const error of embeddedResourceErrors(object, into.field())) into.add(error)
    const before = isObject(old) ? old : undefined
    for (const key in object) {
      if (into.full) return
      const child = this.#properties.get(key) ?? this.#additional
      if (child === undefined) continue
      into.path.push(key)
      child.check(object[key] ?? null, before && own(before, key), into)
      into.path.pop()
    }
    for (const name of this.#required) {
      if (Object.hasOwn(object, name)) continue
      into.add(required(fieldPathText([...into.path, name])))
    }
  }

  #list(list: JsonArray, old: Old, into: ErrorCollector): void {
    into.add(this.#itemCount?.(list.length, into.field))
    const { listType } = this.#node
    if (listType === "set" || listType === "map") {
      for (const { index, identity } of duplicatesIn(list, this.#node, into.room)) {
        into.add(duplicate(`${into.field()}[${index}]`, identity))
      }
    }
    if (this.#items === undefined) return
    const before = listType === "map" && isArray(old) ? itemsByKey(old, this.#node) : undefined
    for (let index = 0; index < list.length && !into.full; index++) {
      const item = list[index] ?? null
      into.path.push(index)
      this.#items.check(
        item,
        before && isObject(item) ? before.get(canonicalText(itemKey(item, this.#node))) : undefined,
        into,
      )
      into.path.pop()
    }
  }

  #junct(value: Json, { allOf, anyOf, oneOf, not }: Junctors, into: ErrorCollector): void {
    for (const each of allOf) each.check(value, undefined, into)
    const field = into.field()
    const refuse = (why: string): void => into.add(invalid(field, "", `"${field}" ${why}`))
    if (anyOf.length > 0 && !anyOf.some((each) => each.passes(value))) {
      refuse("must validate at least one schema (anyOf)")
    }
    if (oneOf.length > 0) {
      const valid = oneOf.filter((each) => each.passes(value)).length
      const found = valid === 0 ? "none valid" : `${valid} valid alternatives`
      if (valid !== 1) refuse(`must validate one and only one schema (oneOf). Found ${found}`)
    }
    if (not?.passes(value) === true) refuse("must not validate the schema (not)")
  }

  /** Whether the value has no error at all. */
  passes(value: Json): boolean {
    const probe = new ErrorCollector(1)
    this.check(value, undefined, probe)
    return probe.errors.length === 0
  }
}
