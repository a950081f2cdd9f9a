/**
 * What people call resources, as kinds: `sandboxes`, `sandbox`, `sb`, `Sandbox`, `sandboxes.compute.miren.dev`,
 * `sandboxes.v1alpha1.compute.miren.dev`, or a category. Start with {@link makeResolver}; {@link resourcesNamed} is its pure half.
 */
import * as Effect from "effect/Effect"
import { ApiError } from "./api-error.ts"
import type { ApiResource, Discovery } from "./discovery.ts"

const isCalled = (resource: ApiResource, word: string): boolean =>
  resource.kind.plural === word ||
  resource.singular === word ||
  resource.kind.kind.toLowerCase() === word ||
  resource.shortNames.includes(word)

/** The word may say group, or version and group, after its first dot. */
const isQualified = ({ kind }: ApiResource, qualifier: string): boolean =>
  qualifier === kind.group ||
  qualifier === `${kind.version}.${kind.group}` ||
  qualifier === `${kind.version}.`

/**
 * The resources that the word means: one for a name (of several groups that have it, the first that the server lists), all of
 * a category that can be listed, none when the server has nothing of that name.
 */
export const resourcesNamed = (
  resources: ReadonlyArray<ApiResource>,
  word: string,
): ReadonlyArray<ApiResource> => {
  const lower = word.toLowerCase()
  const dot = lower.indexOf(".")
  if (dot !== -1) {
    const name = lower.slice(0, dot)
    const qualifier = lower.slice(dot + 1)
    const matching = resources.filter(
      (resource) => isCalled(resource, name) && isQualified(resource, qualifier),
    )
    return matching.slice(0, 1)
  }
  const named = resources.find((resource) => resource.isPreferred && isCalled(resource, lower))
  if (named !== undefined) return [named]
  return resources.filter(
    ({ isPreferred, categories, verbs }) => isPreferred && categories.includes(lower) && verbs.has("list"),
  )
}

/**
 * Resolves words for the life of a process: asks the server once, and once more for a word that it does not know, as the kind
 * may have been added since. Fails with NotFound.
 */
export const makeResolver = (
  discovery: Discovery["Service"],
): ((word: string) => Effect.Effect<readonly [ApiResource, ...Array<ApiResource>], ApiError>) => {
  let known: ReadonlyArray<ApiResource> | undefined
  const read = Effect.tap(discovery.resources, (resources) =>
    Effect.sync(() => {
      known = resources
    }),
  )
  return Effect.fnUntraced(function* (word: string) {
    const wasKnown = known !== undefined
    const [first, ...rest] = resourcesNamed(known ?? (yield* read), word)
    if (first !== undefined) return [first, ...rest]
    const [added, ...others] = wasKnown ? resourcesNamed(yield* read, word) : []
    if (added !== undefined) return [added, ...others]
    return yield* Effect.fail(
      new ApiError({
        reason: "NotFound",
        message: `the server doesn't have a resource type "${word}"`,
        operation: "discovery",
      }),
    )
  })
}
