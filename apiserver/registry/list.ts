/**
 * The list verb: from the cache at its newest (or any not older) state, from the store at an exact past revision.
 * Pages of one list are all read at the revision of the first.
 */
import { isStoreError } from "../../store/index.ts"
import { limits } from "../limits.ts"
import { failure, tooLargeResourceVersion } from "../status-error.ts"
import { type Turns, turnsOf } from "../turns.ts"
import { bytesIn, type CachedObject, cacheDocument } from "../watch-cache/cached-object.ts"
import { ensureViews } from "../watch-cache/conversion.ts"
import type { Scope } from "../watch-cache/resource-cache.ts"
import { parseSelection, type Selection, turnObjectsOf } from "../watch-cache/selection.ts"
import type { Operation } from "./context.ts"
import { decodeContinue, encodeContinue, type Position } from "./continue-token.ts"
import { decodeDocument } from "./document.ts"
import { type ListOptions, parseListOptions } from "./list-options.ts"

export interface Listed {
  readonly items: ReadonlyArray<CachedObject>
  readonly revision: bigint
  /** "" when this is the last page. */
  readonly continue: string
  readonly remaining: number | undefined
}

const selectionOf = (operation: Operation, options: ListOptions): Selection => {
  const { target } = operation
  return parseSelection({ namespace: target.namespace, name: target.name, ...options }, target)
}

/** Fails with `BadRequest`, `Invalid`, `Expired`, `Timeout` (too large resource version). */
export const list = async (operation: Operation): Promise<Listed> => {
  const options = parseListOptions(operation.call.info)
  const selection = selectionOf(operation, options)
  const limit = Math.min(options.limit === 0 ? Number.POSITIVE_INFINITY : options.limit, limits.pageItemsMax)
  const request: PageRequest = { operation, selection, limit }
  if (options.continue !== "") return nextPage(request, decodeContinue(options.continue))
  const { resourceVersion } = options
  if (resourceVersion !== undefined && isExact(options))
    return pageAt(request, { revision: resourceVersion, after: "" })
  await reachState(operation, resourceVersion)
  return pageFromCache(request, "")
}

/** Without a match, a limit makes a resourceVersion other than 0 exact. Source: the API concepts' table. */
const isExact = (options: ListOptions): boolean =>
  options.match === "Exact" ||
  (options.match === undefined &&
    options.limit > 0 &&
    options.resourceVersion !== undefined &&
    options.resourceVersion > 0n)

const reachState = async ({ context }: Operation, resourceVersion: bigint | undefined): Promise<void> => {
  if (resourceVersion === undefined) await context.cache.fresh()
  else await context.cache.reach(resourceVersion)
}

interface PageRequest {
  readonly operation: Operation
  readonly selection: Selection
  readonly limit: number
}

const nextPage = async (request: PageRequest, position: Position): Promise<Listed> => {
  const { cache } = request.operation.context
  const { resource } = request.operation.target
  const after = `${resource.prefix}${position.after}`
  if (position.revision === 0n) {
    await cache.fresh()
    return pageFromCache(request, after)
  }
  const { window } = cache.get(resource)
  const unchanged = position.revision <= cache.revision && window.newest <= position.revision
  if (unchanged) return pageFromCache(request, after, position.revision)
  try {
    return await pageAt(request, position)
  } catch (error) {
    if (!isStoreError(error, "Compacted")) throw error
    throw failure(
      "Expired",
      "The provided continue parameter is too old to display a consistent list result. " +
        "You can start a new list without the continue parameter, or use the continue token in this response to " +
        "retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - " +
        "objects that were created, modified, or deleted between the time the first chunk was returned and now may " +
        "show up in the list.",
      { continue: encodeContinue({ revision: 0n, after: position.after }), cause: error },
    )
  }
}

/** Objects of which a converter's view is in the selection. */
const selected = async (
  { selection, operation }: PageRequest,
  objects: ReadonlyArray<CachedObject>,
): Promise<ReadonlyArray<CachedObject>> => {
  const { converted } = selection
  if (converted === undefined) return objects
  const { resource, version } = operation.target
  await ensureViews(objects, version, resource)
  return objects.filter((object) => converted(decodeDocument(bytesIn(object, version, resource))))
}

/** Up to so many objects of a scope that a selection may match, in turns. */
const gather = async (
  scope: Scope,
  selection: Selection,
  more: { readonly after: string; readonly most: number; readonly turns: Turns },
): Promise<ReadonlyArray<CachedObject>> => {
  const items: CachedObject[] = []
  let looked = 0
  for (const object of scope.from(more.after)) {
    if (++looked % turnObjectsOf(selection) === 0) await more.turns.next()
    if (!selection.matches(object)) continue
    items.push(object)
    if (items.length === more.most) break
  }
  return items
}

const pageFromCache = async (request: PageRequest, after: string, reached?: bigint): Promise<Listed> => {
  const { operation, selection, limit } = request
  const { cache, ambient } = operation.context
  const turns = turnsOf(ambient)
  const revision = reached ?? cache.revision
  const scope = cache.get(operation.target.resource).scope(selection)
  if (selection.converted !== undefined) {
    const candidates = await gather(scope, selection, { after, turns, most: Number.POSITIVE_INFINITY })
    const all = await selected(request, candidates)
    return page(request, all.slice(0, limit), { remaining: all.length > limit ? 1 : 0, revision })
  }
  const found = await gather(scope, selection, { after, turns, most: limit + 1 })
  const items = found.slice(0, limit)
  const isLast = found.length <= limit
  const countAfter = (): number => (selection.selective ? 1 : scope.countAfter(items.at(-1)?.key ?? after))
  return page(request, items, { remaining: isLast ? 0 : countAfter(), revision })
}

const page = (
  { operation, selection }: PageRequest,
  items: ReadonlyArray<CachedObject>,
  more: { readonly remaining: number; readonly revision: bigint },
): Listed => {
  const last = items.at(-1)
  const { revision } = more
  if (more.remaining === 0 || last === undefined)
    return { items, revision, continue: "", remaining: undefined }
  const { prefix } = operation.target.resource
  return {
    items,
    revision,
    continue: encodeContinue({ revision, after: last.key.slice(prefix.length) }),
    remaining: selection.selective ? undefined : more.remaining,
  }
}

/** A page of the past, read from the store. */
const pageAt = async (request: PageRequest, position: Position): Promise<Listed> => {
  const { operation, selection, limit } = request
  const { context, target } = operation
  const { resource } = target
  const { revision } = position
  const turns = turnsOf(context.ambient)
  const scope =
    selection.namespace === "" || !resource.namespaced
      ? resource.prefix
      : `${resource.prefix}${selection.namespace}/`
  let after = position.after === "" ? undefined : `${resource.prefix}${position.after}`
  const items: CachedObject[] = []
  let bytes = 0
  let remaining = 0
  for (;;) {
    const range = await rangeAt(operation, { scope, after, revision, limit })
    const objects: Array<CachedObject | undefined> = []
    for (const kv of range.items) {
      if (objects.length % limits.turnDocuments === limits.turnDocuments - 1) await turns.next()
      const value = context.open(kv.key, kv.value)
      const object = cacheDocument({ key: kv.key, value, revision: kv.modRevision }, resource.stored)
      objects.push(object !== undefined && selection.matches(object) ? object : undefined)
    }
    const wanted = new Set(
      await selected(
        request,
        objects.filter((object) => object !== undefined),
      ),
    )
    for (const [index, object] of objects.entries()) {
      if (object === undefined || !wanted.has(object)) continue
      if (items.length >= limit || bytes >= limits.pastPageBytesMax)
        return page(request, items, { remaining: 1, revision })
      items.push(object)
      bytes += object.bytes.length
      const isFull = items.length === limit || bytes >= limits.pastPageBytesMax
      if (isFull && !selection.selective) {
        remaining = range.count - index - 1
        return page(request, items, { remaining, revision })
      }
    }
    after = range.items.at(-1)?.key
    if (after === undefined || range.count <= range.items.length)
      return page(request, items, { remaining, revision })
  }
}

interface RangeAt {
  readonly scope: string
  readonly after: string | undefined
  readonly revision: bigint
  readonly limit: number
}

const rangeAt = async ({ context }: Operation, at: RangeAt) => {
  try {
    return await context.store.range({
      prefix: at.scope,
      revision: at.revision,
      limit: Math.min(Math.max(at.limit, 1), limits.pastPageItems),
      ...(at.after === undefined ? {} : { after: at.after }),
    })
  } catch (error) {
    if (isStoreError(error, "FutureRevision"))
      throw tooLargeResourceVersion(at.revision, context.cache.revision)
    throw error
  }
}
