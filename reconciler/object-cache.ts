/**
 * The objects of one kind as an informer knows them, with secondary indexes; one writer, many {@link Lister}s.
 * Plain and synchronous.
 */
import type { ObjectKey } from "../client/index.ts"
import type { KubeObject } from "../schemas/index.ts"
import { keyOf, keyString } from "./request.ts"

/** What an informer tells: the object before and after. Absent before: it is new to us. Absent after: it is gone. */
export interface Change<T extends KubeObject = KubeObject> {
  readonly old: T | undefined
  readonly new: T | undefined
  /** It is not news: the object was there when the informer, or the subscriber, began. */
  readonly isInitial?: true
}

/** The values under which an object is found; none: it is not in the index. */
export type IndexFunction<T extends KubeObject> = (object: T) => ReadonlyArray<string>

/** A read-only view of what an informer knows. Objects are shared: never change one. */
export interface Lister<T extends KubeObject = KubeObject> {
  readonly get: (key: ObjectKey) => T | undefined
  /** All objects, or those of one namespace. In no order. */
  readonly list: (namespace?: string) => ReadonlyArray<T>
  /** The objects with this value in the named index. Throws for an index that was never declared. */
  readonly byIndex: (index: string, value: string) => ReadonlyArray<T>
  readonly size: () => number
}

interface Index<T extends KubeObject> {
  readonly values: IndexFunction<T>
  readonly keys: Map<string, Set<string>>
}

const namespaceIndex = "namespace"

export class ObjectCache<T extends KubeObject = KubeObject> implements Lister<T> {
  #objects = new Map<string, T>()
  readonly #indexes = new Map<string, Index<T>>()

  constructor() {
    this.addIndex(namespaceIndex, (object) => [object.metadata.namespace ?? ""])
  }

  /** Declares an index and fills it. An index of that name stays as it is. */
  addIndex(name: string, values: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return
    const index: Index<T> = { values, keys: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) enter(index, key, object)
  }

  readonly get = (key: ObjectKey): T | undefined => this.#objects.get(keyString(key))

  readonly list = (namespace?: string): ReadonlyArray<T> =>
    namespace === undefined || namespace === ""
      ? [...this.#objects.values()]
      : this.byIndex(namespaceIndex, namespace)

  readonly byIndex = (name: string, value: string): ReadonlyArray<T> => {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`there is no index "${name}"`)
    const found: Array<T> = []
    for (const key of index.keys.get(value) ?? []) {
      const object = this.#objects.get(key)
      if (object !== undefined) found.push(object)
    }
    return found
  }

  readonly size = (): number => this.#objects.size

  /** Puts the object in place of what was there. */
  put(object: T): Change<T> {
    const key = keyString(keyOf(object))
    const old = this.#objects.get(key)
    for (const index of this.#indexes.values()) {
      if (old !== undefined) leave(index, key, old)
      enter(index, key, object)
    }
    this.#objects.set(key, object)
    return { old, new: object }
  }

  /** Takes the object away; the change holds its last known state. */
  remove(last: T): Change<T> | undefined {
    const key = keyString(keyOf(last))
    const old = this.#objects.get(key)
    if (old === undefined) return undefined
    for (const index of this.#indexes.values()) leave(index, key, old)
    this.#objects.delete(key)
    return { old: last, new: undefined }
  }

  /** Makes the list all there is, at once; says what that changed, gone objects first. */
  replace(objects: ReadonlyArray<T>): ReadonlyArray<Change<T>> {
    const before = this.#objects
    const after = new Map<string, T>()
    for (const object of objects) after.set(keyString(keyOf(object)), object)
    this.#objects = after
    for (const index of this.#indexes.values()) {
      index.keys.clear()
      for (const [key, object] of after) enter(index, key, object)
    }
    const changes: Array<Change<T>> = []
    for (const [key, old] of before) if (!after.has(key)) changes.push({ old, new: undefined })
    for (const [key, object] of after) {
      const old = before.get(key)
      if (old === undefined || !sameVersion(old, object)) changes.push({ old, new: object })
    }
    return changes
  }
}

const sameVersion = (a: KubeObject, b: KubeObject): boolean =>
  a.metadata.resourceVersion !== undefined &&
  a.metadata.resourceVersion === b.metadata.resourceVersion &&
  a.metadata.uid === b.metadata.uid

const enter = <T extends KubeObject>(index: Index<T>, key: string, object: T): void => {
  for (const value of index.values(object)) {
    const keys = index.keys.get(value)
    if (keys === undefined) index.keys.set(value, new Set([key]))
    else keys.add(key)
  }
}

const leave = <T extends KubeObject>(index: Index<T>, key: string, object: T): void => {
  for (const value of index.values(object)) {
    const keys = index.keys.get(value)
    keys?.delete(key)
    if (keys?.size === 0) index.keys.delete(value)
  }
}

/** An index by the value of a label. */
export const byLabel =
  (label: string): IndexFunction<KubeObject> =>
  ({ metadata: { labels } }) => {
    const value = labels !== undefined && Object.hasOwn(labels, label) ? labels[label] : undefined
    return value === undefined ? [] : [value]
  }

/** An index by the uid of each owner. */
export const byOwnerUid: IndexFunction<KubeObject> = ({ metadata }) =>
  (metadata.ownerReferences ?? []).map((owner) => owner.uid)
