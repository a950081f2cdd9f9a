/** Where a controller's requests come from: the kinds that it looks at, and how a change there names what to reconcile. */
import type { Kind, KubeObject } from "../schemas/index.ts"
import type { AdmissionOptions, Validate } from "./admission.ts"
import type { Selection } from "./informer-core.ts"
import type { Change } from "./object-cache.ts"
import { controllerOf } from "./owner.ts"
import type { Request } from "./reconciler.ts"
import { keyOf, keyString } from "./request.ts"
import type { Priority } from "./work-queue.ts"

/** Whether a change is worth a reconcile. It must err towards true: what it drops is not seen until the next change. */
export type Predicate<T extends KubeObject = KubeObject> = (change: Change<T>) => boolean

export interface SourceOptions<T extends KubeObject = KubeObject> extends Selection {
  readonly predicate?: Predicate<T>
  /** How soon what a change asks for is reconciled. Absent: what is there at the start waits for what changes. */
  readonly priority?: (change: Change<T>) => Priority
  /** What the informer holds of each object, and which it refuses; see `InformerOptions`. */
  readonly fields?: ReadonlyArray<string>
  readonly validate?: Validate
}

/** One kind that a controller looks at. Made by {@link watching}, {@link owning} and {@link reconciling}. */
export interface Source {
  readonly kind: Kind
  readonly selection: Selection & AdmissionOptions
  /** What a change asks to be reconciled. */
  readonly requests: (change: Change) => ReadonlyArray<Request>
  readonly priority: (change: Change) => Priority
}

const both = <T extends KubeObject>(change: Change<T>, map: (object: T) => ReadonlyArray<Request>) => {
  const wanted = new Map<string, Request>()
  for (const object of [change.old, change.new]) {
    if (object === undefined) continue
    for (const request of map(object)) wanted.set(keyString(request), request)
  }
  return [...wanted.values()]
}

/** A restart reads everything: who changes something meanwhile should not wait behind it. */
const initialIsLow = (change: Change): Priority => (change.isInitial === true ? "low" : "normal")

/**
 * A kind whose changes concern other objects: `map` names them. It is asked of the object before and after, so that an object
 * that moves from one to another wakes both.
 */
export const watching = <T extends KubeObject>(
  kind: Kind<T>,
  options: SourceOptions<T> & { readonly map: (object: T) => ReadonlyArray<Request> },
): Source => {
  const { map, predicate, priority = initialIsLow, ...selection } = options
  const requests = (change: Change<T>) => (predicate?.(change) === false ? [] : both(change, map))
  // The informer of a kind holds objects of that kind: the type is forgotten only between here and there.
  const own = (change: Change) => change as unknown as Change<T>
  return {
    kind,
    selection,
    requests: (change) => requests(own(change)),
    priority: (change) => priority(own(change)),
  }
}

/** The kind that is reconciled: each object names itself. */
export const reconciling = <T extends KubeObject>(kind: Kind<T>, options: SourceOptions<T> = {}): Source =>
  watching(kind, { ...options, map: (object) => [keyOf(object)] })

/** A kind whose objects name, by their controller reference, the object of kind `owner` to reconcile. */
export const owning =
  <T extends KubeObject>(kind: Kind<T>, options: SourceOptions<T> = {}) =>
  (owner: Kind): Source =>
    watching(kind, {
      ...options,
      map: (object) => {
        const reference = controllerOf(object)
        if (reference?.kind !== owner.kind || groupOf(reference.apiVersion) !== owner.group) return []
        return [
          { namespace: owner.namespaced ? (object.metadata.namespace ?? "") : "", name: reference.name },
        ]
      },
    })

/** The group of an apiVersion; "" for core. */
const groupOf = (apiVersion: string): string => {
  const slash = apiVersion.indexOf("/")
  return slash === -1 ? "" : apiVersion.slice(0, slash)
}

/** Passes what changed in the spec, and the beginning and end of deletion. For kinds whose generation counts spec changes. */
export const generationChanged: Predicate = ({ old, new: now }) =>
  old === undefined ||
  now === undefined ||
  old.metadata.generation !== now.metadata.generation ||
  old.metadata.deletionTimestamp !== now.metadata.deletionTimestamp

const sameEntries = (
  a: { readonly [key: string]: string } = {},
  b: { readonly [key: string]: string } = {},
): boolean => {
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key])
  )
}

export const labelsChanged: Predicate = ({ old, new: now }) =>
  old === undefined || now === undefined || !sameEntries(old.metadata.labels, now.metadata.labels)

export const annotationsChanged: Predicate = ({ old, new: now }) =>
  old === undefined || now === undefined || !sameEntries(old.metadata.annotations, now.metadata.annotations)

export const anyOf =
  <T extends KubeObject>(...predicates: ReadonlyArray<Predicate<T>>): Predicate<T> =>
  (change) =>
    predicates.some((predicate) => predicate(change))
