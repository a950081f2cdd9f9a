/** A Client behind Promises: each method rejects with the ApiError that its Effect fails with. */
import type { Effect } from "effect"
import {
  type ApplyConfiguration,
  type ApplyOptions,
  type DeleteOptions,
  type ListOptions,
  makeClient,
  type ObjectKey,
  type Patch,
  type PatchOptions,
  type Transport,
  type UpdateOptions,
  type WriteOptions,
} from "../client/index.ts"
import type { Kind, KubeObject, ObjectList, Status } from "../schemas/index.ts"

/** The verbs of `Client`, but for watch. */
export interface PromiseClient {
  readonly get: <T extends KubeObject>(kind: Kind<T>, key: ObjectKey) => Promise<T>
  readonly list: <T extends KubeObject>(kind: Kind<T>, options?: ListOptions) => Promise<ObjectList<T>>
  readonly create: <T extends KubeObject>(kind: Kind<T>, object: T, options?: WriteOptions) => Promise<T>
  readonly update: <T extends KubeObject>(kind: Kind<T>, object: T, options?: UpdateOptions) => Promise<T>
  readonly updateStatus: <T extends KubeObject>(
    kind: Kind<T>,
    object: T,
    options?: WriteOptions,
  ) => Promise<T>
  readonly patch: <T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    request: { readonly patch: Patch; readonly options?: PatchOptions },
  ) => Promise<T>
  readonly apply: <T extends KubeObject>(
    kind: Kind<T>,
    object: ApplyConfiguration<T>,
    options: ApplyOptions,
  ) => Promise<T>
  readonly delete: (kind: Kind, key: ObjectKey, options?: DeleteOptions) => Promise<KubeObject | Status>
}

export const promiseClient = (
  transport: Transport,
  run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A>,
): PromiseClient => {
  const client = makeClient(transport)
  return {
    get: (kind, key) => run(client.get(kind, key)),
    list: (kind, options) => run(client.list(kind, options)),
    create: (kind, object, options) => run(client.create(kind, object, options)),
    update: (kind, object, options) => run(client.update(kind, object, options)),
    updateStatus: (kind, object, options) => run(client.updateStatus(kind, object, options)),
    patch: (kind, key, request) => run(client.patch(kind, key, request)),
    apply: (kind, object, options) => run(client.apply(kind, object, options)),
    delete: (kind, key, options) => run(client.delete(kind, key, options)),
  }
}
