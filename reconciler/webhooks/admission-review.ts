/**
 * AdmissionReview v1, in and out. Pure. Source: Kubernetes `admission.k8s.io/v1`.
 */
import type { Json, JsonObject, KubeObject, StatusCause, StatusReason } from "../../schemas/index.ts"
import { statusReasons } from "../../schemas/index.ts"

/** What a webhook is asked about. `object` is absent for DELETE, `oldObject` for CREATE. */
export interface Review<T extends KubeObject = KubeObject> {
  readonly uid: string
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT"
  readonly namespace: string
  /** "" where the server is yet to choose it. */
  readonly name: string
  readonly subResource: string
  readonly object: T | undefined
  readonly oldObject: T | undefined
  readonly user: { readonly username: string; readonly groups: ReadonlyArray<string> }
  /** Nothing will be stored: have no effects. */
  readonly dryRun: boolean
}

export type Verdict =
  | { readonly allowed: true; readonly warnings?: ReadonlyArray<string> }
  | {
      readonly allowed: false
      /** A sentence for who asked: what is wrong, and what to do. */
      readonly message: string
      /** Absent: `Forbidden`. */
      readonly reason?: StatusReason
      readonly causes?: ReadonlyArray<StatusCause>
      readonly warnings?: ReadonlyArray<string>
    }

/** A review that cannot be read: answered as a bad request. */
export class BadReview extends Error {
  override readonly name = "BadReview"
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")

const operations = ["CREATE", "UPDATE", "DELETE", "CONNECT"] as const

/** The request of a review of this kind and version. */
export const requestIn = (review: unknown, apiVersion: string, kind: string): JsonObject => {
  if (!isObject(review as Json)) throw new BadReview("the body is not a JSON object")
  const document = review as JsonObject
  if (document.apiVersion !== apiVersion || document.kind !== kind) {
    throw new BadReview(`the body must be ${apiVersion} ${kind}`)
  }
  const { request } = document
  if (!isObject(request) || textOf(request.uid) === "")
    throw new BadReview("the review has no request with a uid")
  return request
}

const objectOf = <T extends KubeObject>(value: Json | undefined): T | undefined => {
  if (!isObject(value)) return undefined
  if (!isObject(value.metadata)) throw new BadReview("the object has no metadata")
  // Its schema was checked by the server that asks.
  return value as unknown as T
}

export const parseReview = <T extends KubeObject>(document: unknown): Review<T> => {
  const request = requestIn(document, "admission.k8s.io/v1", "AdmissionReview")
  const operation = operations.find((one) => one === request.operation)
  if (operation === undefined) throw new BadReview("the review has no known operation")
  const user = isObject(request.userInfo) ? request.userInfo : {}
  return {
    uid: textOf(request.uid),
    operation,
    namespace: textOf(request.namespace),
    name: textOf(request.name),
    subResource: textOf(request.subResource),
    object: objectOf<T>(request.object),
    oldObject: objectOf<T>(request.oldObject),
    user: {
      username: textOf(user.username),
      groups: Array.isArray(user.groups)
        ? user.groups.filter((group: Json) => typeof group === "string")
        : [],
    },
    dryRun: request.dryRun === true,
  }
}

/** The review that answers. A patch is a JSON patch. */
export const reviewAnswer = (
  uid: string,
  verdict: Verdict,
  patch: ReadonlyArray<JsonObject> = [],
): JsonObject => {
  const warnings = verdict.warnings === undefined ? {} : { warnings: [...verdict.warnings] }
  const answer = (response: JsonObject): JsonObject => ({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid, allowed: verdict.allowed, ...warnings, ...response },
  })
  if (verdict.allowed) {
    if (patch.length === 0) return answer({})
    return answer({
      patchType: "JSONPatch",
      patch: Buffer.from(JSON.stringify(patch)).toString("base64"),
    })
  }
  const reason = verdict.reason ?? "Forbidden"
  const details =
    verdict.causes === undefined ? {} : { details: { causes: verdict.causes.map((cause) => ({ ...cause })) } }
  return answer({
    status: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: verdict.message,
      reason,
      code: statusReasons[reason].code,
      ...details,
    },
  })
}
