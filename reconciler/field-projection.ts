/**
 * Objects reduced to the fields that somebody names, so that a cache holds no more. Start with {@link projection}.
 *
 * A path is names with dots between: `spec.replicas`. `[*]` is every item of a list or value of a map: `spec.containers[*].image`;
 * a key that is no name stands in quotes: `metadata.labels['app.kubernetes.io/name']`. The same as the server's `fields=`.
 * What names an object, and what controllers need of any, is held whatever is named: see {@link alwaysHeld}.
 */
import type { Json, JsonObject, KubeObject } from "../schemas/index.ts"
import { maxFieldPathLength, maxFieldPaths } from "./limits.ts"

/** Identity, deletion, ownership and the counter of spec changes. */
export const alwaysHeld = [
  "apiVersion",
  "kind",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "metadata.resourceVersion",
  "metadata.generation",
  "metadata.deletionTimestamp",
  "metadata.finalizers",
  "metadata.ownerReferences",
] as const

/** Undefined: whole. */
type Tree = Map<string | typeof each, Tree | undefined>
const each: unique symbol = Symbol("each")

/** One step at the beginning of what is left of a path: a name, a quoted key, or every item. */
const step = /^(?:\.?([\w$-]+)|\['((?:[^'\\]|\\['\\])+)'\]|\[\*\])/

const stepsOf = (path: string): ReadonlyArray<string | typeof each> => {
  const steps: Array<string | typeof each> = []
  let left = path
  while (left !== "") {
    const found = left.startsWith(".") && steps.length === 0 ? null : step.exec(left)
    const isName = left.startsWith(".") || left.startsWith("[") || steps.length === 0
    if (found === null || !isName) {
      throw new Error(`field path ${JSON.stringify(path)}: expected a name at ${JSON.stringify(left)}`)
    }
    const [text, name, key] = found
    steps.push(name ?? key?.replace(/\\(.)/g, "$1") ?? each)
    left = left.slice(text.length)
  }
  if (steps.length === 0 || steps[0] === each) throw new Error("field path: expected the name of a field")
  return steps
}

const grow = (tree: Tree, steps: ReadonlyArray<string | typeof each>): void => {
  let at = tree
  for (const [index, name] of steps.entries()) {
    const isLast = index === steps.length - 1
    const under = at.get(name)
    if (at.has(name) && under === undefined) return
    if (isLast) {
      at.set(name, undefined)
      return
    }
    const next: Tree = under ?? new Map()
    at.set(name, next)
    at = next
  }
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The parts of a value that are wanted; undefined where it has none of them. */
const reduced = (value: Json, tree: Tree): Json | undefined => {
  if (Array.isArray(value)) {
    if (!tree.has(each)) return undefined
    const under = tree.get(each)
    return under === undefined ? value : value.map((item: Json) => reduced(item, under) ?? {})
  }
  if (!isObject(value)) return undefined
  const parts: Array<[string, Json]> = []
  for (const [name, inner] of Object.entries(value)) {
    const wanted = tree.has(name) ? name : tree.has(each) ? each : undefined
    if (wanted === undefined) continue
    const under = tree.get(wanted)
    const part = under === undefined ? inner : reduced(inner, under)
    if (part !== undefined) parts.push([name, part])
  }
  // Not by assignment: a name may be `__proto__`.
  return Object.fromEntries(parts)
}

/** A function that reduces objects. Throws for a path that cannot be read: it is the author's. */
export const projection = (fields: ReadonlyArray<string>): (<T extends KubeObject>(object: T) => T) => {
  if (fields.length > maxFieldPaths) throw new Error(`more than ${maxFieldPaths} field paths`)
  const tree: Tree = new Map()
  for (const path of [...alwaysHeld, ...fields]) {
    if (path.length > maxFieldPathLength)
      throw new Error(`a field path has more than ${maxFieldPathLength} characters`)
    grow(tree, stepsOf(path))
  }
  // What is left out is told to the compiler by `Held`.
  return <T extends KubeObject>(object: T) => reduced(object as unknown as JsonObject, tree) as unknown as T
}

type Item<T> =
  T extends ReadonlyArray<infer I> ? I : T extends { readonly [key: string]: infer V } ? V : unknown
type Each<T, Rest extends string> =
  T extends ReadonlyArray<infer I>
    ? ReadonlyArray<At<I, Rest>>
    : { readonly [key: string]: At<Item<T>, Rest> }
type Under<V, F> = F | Extract<V, undefined | null>

/** What one path leaves of T; paths that T does not know leave nothing that can be named. */
type At<T, Path extends string> = Path extends `${infer Head}[*].${infer Rest}`
  ? Head extends keyof T
    ? { [K in keyof Pick<T, Head>]: Under<T[K], Each<NonNullable<T[K]>, Rest>> }
    : Nested<T, Path>
  : Nested<T, Path>
type Nested<T, Path extends string> = Path extends `${infer Head}.${infer Rest}`
  ? Head extends keyof T
    ? { [K in keyof Pick<T, Head>]: Under<T[K], At<NonNullable<T[K]>, Rest>> }
    : unknown
  : Path extends keyof T
    ? Pick<T, Path>
    : Path extends `${infer Head}[${string}`
      ? Head extends keyof T
        ? Pick<T, Head>
        : unknown
      : unknown

type Intersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void
  ? I
  : never

/** T with nothing but the named fields, and those of every object. T itself where no fields are named. */
export type Held<T extends KubeObject, F extends string> = string extends F
  ? T
  : Pick<KubeObject, "apiVersion" | "kind" | "metadata"> & Intersection<F extends string ? At<T, F> : never>
