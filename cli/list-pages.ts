/** A list, page after page, as Lists or Tables. */
import type { JsonObject } from "../schemas/index.ts"
import type { Api } from "./api.ts"
import { apiVersionOf, type Resource } from "./discovery.ts"
import { arrayAt, isObject, textAt } from "./json.ts"
import { pageSize } from "./limits.ts"
import { collectionPath, withQuery } from "./path.ts"

export type Query = { readonly [parameter: string]: string | undefined }

export interface ListRequest {
  /** "" for all. */
  readonly namespace: string
  readonly query: Query
  readonly accept?: string
}

export const listAll = async function* (
  api: Api,
  resource: Resource,
  { namespace, query, accept }: ListRequest,
): AsyncGenerator<JsonObject> {
  let next = ""
  do {
    const path = withQuery(collectionPath(resource, namespace), { ...query, limit: pageSize, continue: next })
    const page = await api.json({ path, ...(accept === undefined ? {} : { accept }) })
    yield page
    next = textAt(page, "metadata", "continue")
  } while (next !== "")
}

/** The objects of a page; items of typed lists do not say their kind, so it is filled in. */
const objectsOf = (page: JsonObject, resource: Resource): ReadonlyArray<JsonObject> =>
  arrayAt(page, "items")
    .filter(isObject)
    .map((item) => ({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...item }))

export const listObjects = async (
  api: Api,
  resource: Resource,
  request: ListRequest,
): Promise<ReadonlyArray<JsonObject>> => {
  const objects: JsonObject[] = []
  for await (const page of listAll(api, resource, request)) objects.push(...objectsOf(page, resource))
  return objects
}
