/**
 * JSON Patch (RFC 6902), strict: every path but that of `add` must exist, indices are canonical.
 * Start with {@link applyJsonPatch}.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { clone, equal, isArray, isObject, own, put } from "../json/index.ts"
import { MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import { arrayIndex, pointerTokens } from "./json-pointer.ts"
import { JSON_PATCH_COPIED_LENGTH_MAX, JSON_PATCH_OPERATIONS_MAX } from "./limits.ts"

type Tokens = ReadonlyArray<string>

type Operation =
  | { readonly op: "add" | "replace" | "test"; readonly path: Tokens; readonly value: Json }
  | { readonly op: "remove"; readonly path: Tokens }
  | { readonly op: "move" | "copy"; readonly path: Tokens; readonly from: Tokens }

const malformed = (index: number, problem: string): MachineryError =>
  new MachineryError("BadRequest", `the JSON patch is malformed: operation ${index} ${problem}`)

/** Deliberately silent about the cause, as kube-apiserver: clients know this sentence. */
const failed = (): MachineryError =>
  new MachineryError("Invalid", "the server rejected our request due to an error in our request")

const pointerOf = (operation: JsonObject, name: "path" | "from", index: number): Tokens => {
  const pointer = own(operation, name)
  if (typeof pointer !== "string") throw malformed(index, `needs a string "${name}"`)
  const tokens = pointerTokens(pointer)
  if (tokens === undefined) throw malformed(index, `has a "${name}" that is not a JSON Pointer`)
  return tokens
}

const operationOf = (operation: unknown, index: number): Operation => {
  if (!isObject(operation)) throw malformed(index, "is not an object")
  const path = pointerOf(operation, "path", index)
  const op = own(operation, "op")
  switch (op) {
    case "add":
    case "replace":
    case "test": {
      const value = own(operation, "value")
      if (value === undefined) throw malformed(index, 'needs a "value"')
      return { op, path, value }
    }
    case "remove":
      return { op, path }
    case "move":
    case "copy":
      return { op, path, from: pointerOf(operation, "from", index) }
    default:
      throw malformed(index, 'needs an "op" of add, remove, replace, move, copy or test')
  }
}

const child = (parent: MutableJson, token: string): MutableJson => {
  let found: MutableJson | undefined
  if (isArray(parent)) {
    const index = arrayIndex(token)
    found = index === undefined ? undefined : parent[index]
  } else if (isObject(parent)) {
    found = own(parent, token)
  }
  if (found === undefined) throw failed()
  return found
}

/** About how long a value is as JSON; stops counting past the limit. */
const lengthOf = (value: Json, limit: number): number => {
  if (typeof value === "string") return value.length + 2
  if (typeof value !== "object" || value === null) return 4
  let length = 2
  if (isArray(value)) {
    for (const item of value) {
      length += lengthOf(item, limit - length) + 1
      if (length > limit) return length
    }
    return length
  }
  for (const [key, item] of Object.entries(value)) {
    length += key.length + 4 + lengthOf(item, limit - length)
    if (length > limit) return length
  }
  return length
}

/** A document under operation: the root may be replaced as any other value. */
class Target {
  root: MutableJson
  #copyBudget = JSON_PATCH_COPIED_LENGTH_MAX

  constructor(root: MutableJson) {
    this.root = root
  }

  apply(operation: Operation): void {
    switch (operation.op) {
      case "add":
        this.#add(operation.path, clone(operation.value))
        return
      case "replace":
        this.#replace(operation.path, clone(operation.value))
        return
      case "test":
        if (!equal(this.#get(operation.path), operation.value)) throw failed()
        return
      case "remove":
        this.#remove(operation.path)
        return
      case "copy": {
        const value = this.#get(operation.from)
        this.#copyBudget -= lengthOf(value, this.#copyBudget)
        if (this.#copyBudget < 0) {
          throw new MachineryError(
            "RequestEntityTooLarge",
            `the copy operations of the JSON patch add more than ${JSON_PATCH_COPIED_LENGTH_MAX} characters`,
          )
        }
        this.#add(operation.path, clone(value))
        return
      }
      case "move":
        this.#move(operation.from, operation.path)
        return
    }
  }

  #get(path: Tokens): MutableJson {
    let at = this.root
    for (const token of path) at = child(at, token)
    return at
  }

  #parent(path: Tokens): { readonly parent: MutableJson; readonly token: string } {
    const token = path.at(-1)
    if (token === undefined) throw failed()
    return { parent: this.#get(path.slice(0, -1)), token }
  }

  #add(path: Tokens, value: MutableJson): void {
    if (path.length === 0) {
      this.root = value
      return
    }
    const { parent, token } = this.#parent(path)
    if (isArray(parent)) {
      const index = token === "-" ? parent.length : arrayIndex(token)
      if (index === undefined || index > parent.length) throw failed()
      parent.splice(index, 0, value)
    } else if (isObject(parent)) {
      put(parent, token, value)
    } else {
      throw failed()
    }
  }

  #replace(path: Tokens, value: MutableJson): void {
    if (path.length === 0) {
      this.root = value
      return
    }
    const { parent, token } = this.#parent(path)
    child(parent, token)
    if (isArray(parent)) parent[Number(token)] = value
    else if (isObject(parent)) put(parent, token, value)
  }

  #remove(path: Tokens): MutableJson {
    const { parent, token } = this.#parent(path)
    const removed = child(parent, token)
    if (isArray(parent)) parent.splice(Number(token), 1)
    else if (isObject(parent)) delete parent[token]
    return removed
  }

  #move(from: Tokens, path: Tokens): void {
    const within = from.length < path.length && from.every((token, index) => token === path[index])
    if (within) throw failed()
    if (from.length === 0 || (from.length === path.length && from.every((token, i) => token === path[i]))) {
      this.#get(from)
      return
    }
    this.#add(path, this.#remove(from))
  }
}

/**
 * The document after all operations, applied in order or not at all; neither argument is changed.
 *
 * Fails with: BadRequest (not a JSON Patch), RequestEntityTooLarge (too many operations or copies),
 * Invalid (a failed `test`, a path that is not there, a result that is not an object).
 */
export const applyJsonPatch = (document: JsonObject, operations: unknown): MutableObject => {
  if (!Array.isArray(operations)) {
    throw new MachineryError("BadRequest", "the JSON patch is malformed: it must be an array of operations")
  }
  if (operations.length > JSON_PATCH_OPERATIONS_MAX) {
    throw new MachineryError(
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_MAX}, got ${operations.length}`,
    )
  }
  const parsed = operations.map(operationOf)
  const target = new Target(clone(document))
  for (const operation of parsed) target.apply(operation)
  if (!isObject(target.root)) throw failed()
  return target.root
}
