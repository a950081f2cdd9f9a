/**
 * Writes of just the fields that a controller owns, by server-side apply, and none where nothing would change.
 * Start with {@link makeApplier}.
 */
import { Effect } from "effect"
import { type ApiError, type ApplyConfiguration, Client } from "../client/index.ts"
import { apiVersionOf, type Kind, type KubeObject } from "../schemas/index.ts"
import { applyWouldChange } from "./owned-fields.ts"

/** What a controller may say in the status of a kind; anything where its type has none. */
export type StatusOf<T> = T extends { readonly status?: infer S } ? Partial<NonNullable<S>> : object

export interface Applier {
  /**
   * Makes the fields so, and takes them from whoever else holds them; fields applied before and missing now are removed.
   * Given what was observed, it asks the server only when that would change.
   */
  readonly apply: <T extends KubeObject>(
    kind: Kind<T>,
    desired: ApplyConfiguration<T>,
    observed?: T,
  ) => Effect.Effect<T, ApiError>
  /** The same for the whole status that this controller writes. */
  readonly applyStatus: <T extends KubeObject>(
    kind: Kind<T>,
    observed: T,
    status: StatusOf<T>,
  ) => Effect.Effect<T, ApiError>
}

/**
 * `fieldManager` is the controller's name: two writers of one name take each other's fields away.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Server } from "miren/daemon"
 * import { makeApplier } from "miren/reconciler"
 * import { ConfigMap } from "miren/schemas"
 *
 * const program = Effect.gen(function* () {
 *   const metadata = { name: "a", namespace: "default" }
 *   const { apply } = yield* makeApplier("my-controller")
 *   const made = yield* apply(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1" } })
 *   // Nothing would change: nothing is asked.
 *   return yield* apply(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1" } }, made)
 * })
 * const inMemory = Effect.flatMap(Server.memory(), (server) => Effect.provide(program, server.process()))
 * await Effect.runPromise(Effect.scoped(inMemory))
 * ```
 */
export const makeApplier = (fieldManager: string): Effect.Effect<Applier, never, Client> =>
  Effect.map(Client, (client) => ({
    apply: (kind, desired, observed) =>
      observed !== undefined && !applyWouldChange(observed, desired, { fieldManager })
        ? Effect.succeed(observed)
        : client.apply(kind, desired, { fieldManager, force: true }),
    applyStatus: <T extends KubeObject>(kind: Kind<T>, observed: T, status: StatusOf<T>) => {
      const { name, namespace, uid } = observed.metadata
      const desired = {
        apiVersion: apiVersionOf(kind),
        kind: kind.kind,
        metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
        status,
      }
      if (!applyWouldChange(observed, desired, { fieldManager, subresource: "status" })) {
        return Effect.succeed(observed)
      }
      // With the uid the status of an object is never written to its successor of that name.
      const metadata = { ...desired.metadata, ...(uid === undefined ? {} : { uid }) }
      const configuration = { ...desired, metadata } as unknown as ApplyConfiguration<T>
      return client.apply(kind, configuration, { fieldManager, force: true, subresource: "status" })
    },
  }))
