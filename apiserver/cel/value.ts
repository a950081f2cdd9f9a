/**
 * The values of the language as JavaScript holds them.
 *
 * An int is a `number` while it is safe and a `bigint` beyond that, always the former when it can be: {@link intOf}.
 * Doubles and uints are boxed, so that JSON's integers, strings, booleans and nulls stand for themselves.
 */
import { spend } from "./effort.ts"

export class Double {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

/** A moment, in nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** A type as a value: what `type(x)` gives. */
export class TypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export class Optional {
  /** Undefined: nothing. */
  readonly value: Value | undefined
  constructor(value: Value | undefined) {
    this.value = value
  }
}

export const none = new Optional(undefined)

/** A value of a library: a URL, an address, a quantity. */
export abstract class Opaque {
  abstract readonly typeName: string
  abstract equals(other: Opaque): boolean

  /** How large it counts in costs. */
  get size(): number {
    return 1
  }
}

export abstract class CelList {
  abstract readonly size: number
  /** The item at an index within the size. */
  abstract at(index: number): Value

  /** Whether the order of items does not count, as in lists of type set or map. */
  get isUnordered(): boolean {
    return false
  }

  /** Of an unordered list: whether the other holds the same items. */
  sameItems(_other: CelList): boolean {
    return false
  }

  /** Of an unordered list: its union with the other; undefined: lists are put one behind the other. */
  union(_other: CelList): CelList | undefined {
    return undefined
  }

  [Symbol.iterator](): Iterator<Value> {
    return new ListIterator(this)
  }
}

/** Not a generator: lists are walked over a million times a second. */
class ListIterator implements Iterator<Value> {
  readonly #list: CelList
  readonly #size: number
  #next = 0

  constructor(list: CelList) {
    this.#list = list
    this.#size = list.size
  }

  next(): IteratorResult<Value, undefined> {
    if (this.#next >= this.#size) return { done: true, value: undefined }
    spend(1)
    return { done: false, value: this.#list.at(this.#next++) }
  }
}

export abstract class CelMap {
  abstract readonly size: number
  abstract get(key: Value): Value | undefined
  abstract keys(): ReadonlyArray<Value>
}

/** An object whose fields are declared. */
export abstract class ObjectValue {
  abstract readonly typeName: string
  /** The value of a field by its name in expressions; undefined when it is absent. */
  abstract field(name: string): Value | undefined
  /** The fields that are present, by their names in expressions. */
  abstract fieldNames(): ReadonlyArray<string>
}

/** What a literal stands for. */
export type Constant = null | boolean | number | bigint | string | Double | Uint | Uint8Array | TypeValue

export type Value = Constant | Timestamp | Duration | Optional | Opaque | CelList | CelMap | ObjectValue

/** The int that a bigint is, in its one representation; its range is the caller's to check. */
export const intOf = (value: bigint): number | bigint => {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

export const isInt = (value: unknown): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint"
