/** What requests of the slice `bulk` are made with. */
import type { Json, JsonObject } from "../../../schemas/index.ts"
import { type Collection, pathOf } from "../corpus.ts"

export const json = "application/json"
export const merge = "application/merge-patch+json"
export const strategic = "application/strategic-merge-patch+json"
export const apply = "application/apply-patch+yaml"
export const jsonPatch = "application/json-patch+json"

export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
export const keyed = (count: number, value: Json = "v", prefix = "k"): JsonObject =>
  Object.fromEntries(many(count, (index) => [`${prefix}${index}`, value]))
export const text = (value: Json): string => JSON.stringify(value)
export const withMetadata = (object: JsonObject, metadata: JsonObject): JsonObject => ({
  ...object,
  metadata: { ...(object.metadata as JsonObject), ...metadata },
})

export interface Bulk {
  readonly method: string
  readonly url: string
  readonly type: string
  readonly body: string | Uint8Array
}

/** By how many things there are, up to what a body holds. */
export type Make = (count: number) => Bulk

export const post = (kind: Collection, body: string | Uint8Array, type = json): Bulk => ({
  method: "POST",
  url: pathOf(kind),
  type,
  body,
})
export const patch = (kind: Collection, type: string, body: string, query = ""): Bulk => ({
  method: "PATCH",
  url: `${pathOf(kind)}/base${query}`,
  type,
  body,
})
export const applied = (kind: Collection, body: JsonObject): Bulk =>
  patch(kind, apply, text(body), "?fieldManager=bulk&force=true")
