/** Reading what is left in a namespace: one list of each namespaced resource that the API serves. */
import { Clock, Effect, Result } from "effect"
import { type ApiError, type ApiResource, Client, Discovery, isReason } from "../../client/index.ts"
import type { Namespace } from "../../schemas/index.ts"
import { namespaceListsAtOnce, namespacePassObjectsMax } from "../limits.ts"
import type { Content, Observed } from "./plan.ts"

/** Failures become part of what was observed: they are told in the conditions. */
export const observe = Effect.fnUntraced(function* (
  namespace: Namespace,
): Effect.fn.Return<Observed, never, Client | Discovery> {
  const discovery = yield* Discovery
  const found = yield* Effect.result(discovery.resources)
  const now = yield* Clock.currentTimeMillis
  if (Result.isFailure(found)) {
    return { namespace, contents: [], failures: { discovery: [found.failure.message], content: [] }, now }
  }
  const lists = yield* Effect.forEach(
    found.success.filter(isContent),
    (resource) => Effect.result(listContent(resource, namespace.metadata.name)),
    { concurrency: namespaceListsAtOnce },
  )
  const contents = lists.filter(Result.isSuccess).map(({ success }) => success)
  const failures = lists.filter(Result.isFailure).map(({ failure }) => failure.message)
  return { namespace, contents, failures: { discovery: [], content: failures }, now }
})

const isContent = ({ kind, verbs, isPreferred }: ApiResource): boolean =>
  isPreferred && kind.namespaced && verbs.has("list") && verbs.has("delete")

const listContent = Effect.fnUntraced(function* (
  { kind }: ApiResource,
  namespace: string,
): Effect.fn.Return<Content, ApiError, Client> {
  const client = yield* Client
  return yield* client.list(kind, { namespace, limit: namespacePassObjectsMax }).pipe(
    Effect.map(({ items, metadata }) => ({
      kind,
      objects: items.map((item) => item.metadata),
      count: items.length + (metadata.remainingItemCount ?? (metadata.continue === undefined ? 0 : 1)),
    })),
    // The resource has gone since it was discovered, and its objects with it.
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed({ kind, objects: [], count: 0 })),
  )
})
