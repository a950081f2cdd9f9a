/** The get verb, from the cache: linearizable unless the client allows an older state. */
import { badRequest, notFound } from "../status-error.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { keyOf, type Operation, subjectOf } from "./context.ts"

/** Fails with `NotFound`, `Timeout` (too large resource version), `BadRequest`. */
export const get = async ({ context, call, target }: Operation): Promise<CachedObject> => {
  const resourceVersion = call.info.query.get("resourceVersion") ?? ""
  if (resourceVersion === "") await context.cache.fresh()
  else if (/^\d{1,19}$/.test(resourceVersion)) await context.cache.reach(BigInt(resourceVersion))
  else throw badRequest(`invalid resource version ${JSON.stringify(resourceVersion)}`)
  const found = context.cache.get(target.resource).get(keyOf(target))
  if (found === undefined) throw notFound(subjectOf(target))
  return found
}
