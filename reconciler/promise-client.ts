/** The client for code that awaits: each method is a promise, and a refusal is thrown as an {@link ApiError} with its `reason`. */
import { Cause, type Context, Effect, Exit } from "effect"
import type {
  ApiError,
  ApplyConfiguration,
  ApplyOptions,
  Client,
  DeleteOptions,
  ListOptions,
  ObjectKey,
  Patch,
  PatchOptions,
  UpdateOptions,
  WriteOptions,
} from "../client/index.ts"
import type { Kind, KubeObject, ObjectList, Status } from "../schemas/index.ts"

export interface PromiseClient {
  readonly get: <T extends KubeObject>(kind: Kind<T>, key: ObjectKey) => Promise<T>
  /** The same, and undefined where there is no such object. */
  readonly find: <T extends KubeObject>(kind: Kind<T>, key: ObjectKey) => Promise<T | undefined>
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

/** Runs in the surroundings of a reconcile, so that what is written has its cause and is waited for. Ends with the signal. */
export const promiseClient = (
  client: Client["Service"],
  context: Context.Context<never>,
  signal: AbortSignal,
): PromiseClient => {
  const run = async <A>(effect: Effect.Effect<A, ApiError>): Promise<A> => {
    const exit = await Effect.runPromiseExitWith(context)(effect, { signal })
    if (Exit.isSuccess(exit)) return exit.value
    throw Cause.squash(exit.cause)
  }
  return {
    get: (kind, key) => run(client.get(kind, key)),
    find: <T extends KubeObject>(kind: Kind<T>, key: ObjectKey) =>
      run(
        client.get(kind, key).pipe(
          Effect.map((object): T | undefined => object),
          Effect.catchIf(
            (error) => error.reason === "NotFound",
            () => Effect.succeed(undefined),
          ),
        ),
      ),
    list: (kind, options) => run(client.list(kind, options)),
    create: (kind, object, options) => run(client.create(kind, object, options)),
    update: (kind, object, options) => run(client.update(kind, object, options)),
    updateStatus: (kind, object, options) => run(client.updateStatus(kind, object, options)),
    patch: (kind, key, request) => run(client.patch(kind, key, request)),
    apply: (kind, object, options) => run(client.apply(kind, object, options)),
    delete: (kind, key, options) => run(client.delete(kind, key, options)),
  }
}
