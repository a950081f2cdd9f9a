/** The projection that a request asks for: `fields=`, and `skipUnchanged=` of a watch. */
import { metricsGroup } from "../pods/metrics-handler.ts"
import type { Operation } from "../registry/context.ts"
import { isSet } from "../request-info.ts"
import { badRequest } from "../status-error.ts"
import { Projection } from "./projection.ts"

export interface AskedProjection {
  readonly projection: Projection
  /** MODIFIED events that change nothing of what is sent are left out. */
  readonly skipUnchanged: boolean
}

const reading: ReadonlySet<string> = new Set(["get", "list", "watch"])

/** The query's flags that go with `fields` and nothing else. */
const skipsUnchanged = ({ call }: Operation, hasFields: boolean): boolean => {
  const { query, verb } = call.info
  if (!isSet(query, "skipUnchanged")) return false
  if (verb !== "watch" || !hasFields) throw badRequest("skipUnchanged is for a watch with fields")
  if (!isSet(query, "allowWatchBookmarks"))
    throw badRequest(
      "skipUnchanged needs allowWatchBookmarks: how far the watch has come is told by bookmarks",
    )
  return true
}

/** Undefined where objects are sent whole. Fails with `BadRequest`. */
export const askedProjection = (operation: Operation): AskedProjection | undefined => {
  const { call, target } = operation
  const given = call.info.query.getAll("fields").filter((text) => text !== "")
  const [text] = given
  const skipUnchanged = skipsUnchanged(operation, text !== undefined)
  if (text === undefined) return undefined
  if (given.length > 1) throw badRequest("fields is given more than once: put commas between its paths")
  const isObject = target.subresource !== "scale" && target.resource.group !== metricsGroup
  if (!isObject || !reading.has(call.info.verb))
    throw badRequest("fields is for get, list and watch of objects")
  const { openAPIV3Schema } = target.version.definition.schema
  return { projection: new Projection(text, openAPIV3Schema), skipUnchanged }
}
