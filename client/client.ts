/**
 * A typed Reader / Writer / Watcher over the Kubernetes wire. Start with {@link Client}.
 *
 * Every method speaks of a {@link Kind} and a name; what comes back is typed by the Kind. Nothing is cached or retried here.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { JsonObject, Kind, KubeObject, ObjectList, Status } from "../schemas/index.ts"
import type { ApiError } from "./api-error.ts"

/** One object's address. `namespace` is "" for cluster-scoped kinds. */
export interface ObjectKey {
  readonly namespace: string
  readonly name: string
}

/** Which parts of the objects are sent. */
export interface Projection {
  /**
   * Paths of the fields to send, in the grammar of `docs/field-projection.md`: `spec.containers[*].image`. apiVersion, kind
   * and the identity in metadata come always. What was not asked for is absent, though the type of the Kind has it.
   * Miren's own: other servers ignore it and send objects whole.
   */
  readonly fields?: ReadonlyArray<string>
}

export interface ListOptions extends Projection {
  /** "" or absent: all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan"
}

export interface WatchOptions extends Projection {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion?: string
  readonly allowBookmarks?: boolean
  readonly sendInitialEvents?: boolean
  /** With `fields` and `allowBookmarks`: MODIFIED events that change none of the fields do not come. */
  readonly skipUnchanged?: boolean
  readonly timeoutSeconds?: number
}

/** An ERROR event ends the stream as an ApiError instead. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly initialEventsEnd: boolean }

export interface WriteOptions {
  readonly fieldManager?: string
  readonly dryRun?: boolean
  readonly fieldValidation?: "Strict" | "Warn" | "Ignore"
}

export interface UpdateOptions extends WriteOptions {
  /** Any but `status`, which has a verb of its own: `finalize` of a Namespace. */
  readonly subresource?: string
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string
  readonly force?: boolean
  readonly subresource?: "status"
}

export type Patch =
  | { readonly type: "merge"; readonly value: JsonObject }
  | { readonly type: "json"; readonly value: ReadonlyArray<JsonObject> }

export interface PatchOptions extends WriteOptions {
  readonly subresource?: string
}

export interface DeleteOptions {
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan"
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly gracePeriodSeconds?: number
  readonly dryRun?: boolean
}

/** A part of a value: of an object any of its fields, of a list whole items' fields. */
export type Applied<V> =
  V extends ReadonlyArray<infer Item>
    ? ReadonlyArray<Applied<Item>>
    : V extends object
      ? { readonly [K in keyof V]?: Applied<V[K]> }
      : V

/** Everything an apply names: the fields that the manager owns from now on. `metadata.name` is needed. */
export type ApplyConfiguration<T extends KubeObject> = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Partial<T["metadata"]> & { readonly name: string }
} & { readonly [P in Exclude<keyof T, "apiVersion" | "kind" | "metadata">]?: Applied<T[P]> }

export interface Reader {
  readonly get: <T extends KubeObject>(kind: Kind<T>, key: ObjectKey) => Effect.Effect<T, ApiError>
  readonly list: <T extends KubeObject>(
    kind: Kind<T>,
    options?: ListOptions,
  ) => Effect.Effect<ObjectList<T>, ApiError>
}

export interface Watcher {
  /** Opens when run; fails with the server's Status (also an ERROR event); ends when the server ends it cleanly. */
  readonly watch: <T extends KubeObject>(
    kind: Kind<T>,
    options?: WatchOptions,
  ) => Stream.Stream<WatchEvent<T>, ApiError>
}

export interface Writer {
  readonly create: <T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    options?: WriteOptions,
  ) => Effect.Effect<T, ApiError>
  readonly update: <T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    options?: UpdateOptions,
  ) => Effect.Effect<T, ApiError>
  readonly updateStatus: <T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    options?: WriteOptions,
  ) => Effect.Effect<T, ApiError>
  readonly patch: <T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    request: { readonly patch: Patch; readonly options?: PatchOptions },
  ) => Effect.Effect<T, ApiError>
  /** Server-side apply: creates the object when it is absent. */
  readonly apply: <T extends KubeObject>(
    kind: Kind<T>,
    object: ApplyConfiguration<T>,
    options: ApplyOptions,
  ) => Effect.Effect<T, ApiError>
  /** Succeeds with the object while finalizers hold it, else with a Status. NotFound is an error: catch it where it is fine. */
  readonly delete: (
    kind: Kind,
    key: ObjectKey,
    options?: DeleteOptions,
  ) => Effect.Effect<KubeObject | Status, ApiError>
}

/** What a controller needs of the world: the API, and nothing else. */
export class Client extends Context.Service<Client, Reader & Writer & Watcher>()("client/Client") {}
