/** ConversionReview v1, in and out. Source: Kubernetes `apiextensions.k8s.io/v1`. */
import type { Json, JsonObject, KubeObject } from "../../schemas/index.ts"
import { BadReview, requestIn } from "./admission-review.ts"

export interface ConversionRequest {
  readonly uid: string
  readonly desiredAPIVersion: string
  readonly objects: ReadonlyArray<KubeObject>
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const parseConversion = (document: unknown): ConversionRequest => {
  const request = requestIn(document, "apiextensions.k8s.io/v1", "ConversionReview")
  const { uid, desiredAPIVersion, objects } = request
  if (typeof desiredAPIVersion !== "string") throw new BadReview("the review has no desiredAPIVersion")
  const given: ReadonlyArray<Json> = Array.isArray(objects) ? objects : []
  for (const object of given) {
    if (!isObject(object) || typeof object.apiVersion !== "string") {
      throw new BadReview("an object of the review has no apiVersion")
    }
  }
  // Their schemas were checked by the server that asks.
  return { uid: String(uid), desiredAPIVersion, objects: given as unknown as ReadonlyArray<KubeObject> }
}

const answer = (response: JsonObject): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "ConversionReview",
  response,
})

export const converted = (uid: string, objects: ReadonlyArray<KubeObject>): JsonObject =>
  answer({
    uid,
    result: { status: "Success" },
    convertedObjects: objects as unknown as ReadonlyArray<JsonObject>,
  })

export const notConverted = (uid: string, message: string): JsonObject =>
  answer({ uid, result: { status: "Failed", message }, convertedObjects: [] })
