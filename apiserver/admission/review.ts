/** AdmissionReview v1 on the wire: the question, and the checked answer. Source: k8s.io/api/admission/v1. */
import { decodeText } from "../body.ts"
import { isObject } from "../body-object.ts"
import type { UserInfo } from "../exchange.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { objectIn, stringsIn } from "../open-fields.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Attributes, VersionedObjects } from "./attributes.ts"
import { WebhookCallError } from "./webhook-client.ts"

const userOf = (user: UserInfo): MutableObject => ({
  username: user.name,
  ...(user.uid === undefined ? {} : { uid: user.uid }),
  groups: [...user.groups],
  ...(user.extra === undefined ? {} : { extra: extraOf(user.extra) }),
})

const extraOf = (extra: { readonly [key: string]: ReadonlyArray<string> }): MutableObject =>
  Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]))

/** The request of a review without its objects: what expressions know as `request`. */
export const admissionRequest = (
  attributes: Attributes,
  objects: Pick<VersionedObjects, "kind" | "resource">,
  uid: string,
): MutableObject => {
  const { operation, target, dryRun, call, options } = attributes.request
  const { subresource } = target
  const { name, namespace } = attributes
  return {
    uid,
    kind: { ...objects.kind },
    resource: { ...objects.resource },
    ...(subresource === "" ? {} : { subResource: subresource }),
    requestKind: { ...attributes.kindIn(target.version.name) },
    requestResource: { ...attributes.resourceIn(target.version.name) },
    ...(subresource === "" ? {} : { requestSubResource: subresource }),
    ...(name === "" ? {} : { name }),
    ...(namespace === "" ? {} : { namespace }),
    operation,
    userInfo: userOf(call.request.user),
    dryRun,
    options: options ?? null,
  }
}

/** The document to post. */
export const reviewOf = (attributes: Attributes, objects: VersionedObjects, uid: string): MutableObject => ({
  kind: "AdmissionReview",
  apiVersion: "admission.k8s.io/v1",
  request: {
    ...admissionRequest(attributes, objects, uid),
    object: objects.object ?? null,
    oldObject: objects.oldObject ?? null,
  },
})

export interface Answer {
  readonly allowed: boolean
  /** `metav1.Status`, what there is of it. */
  readonly status: MutableObject | undefined
  /** A JSON Patch; undefined when nothing is to be changed. */
  readonly patch: MutableJson | undefined
  readonly warnings: ReadonlyArray<string>
  readonly auditAnnotations: MutableObject
}

const kindText = (apiVersion: string, kind: string): string => `${apiVersion}, Kind=${kind}`

const checkPatch = (response: MutableObject, mutating: boolean): string => {
  const patch = stringOf(response, "patch")
  const { patchType } = response
  const hasType = patchType !== undefined && patchType !== null
  if (!mutating) {
    if (patch !== "") throw new WebhookCallError("validating webhook may not return response.patch")
    if (hasType) throw new WebhookCallError("validating webhook may not return response.patchType")
    return ""
  }
  if (patch !== "" && !hasType)
    throw new WebhookCallError("webhook returned response.patch but not response.patchType")
  if (patch === "" && hasType)
    throw new WebhookCallError("webhook returned response.patchType but not response.patch")
  if (hasType && patchType !== "JSONPatch")
    throw new WebhookCallError(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`)
  return patch
}

const decodePatch = (patch: string): MutableJson | undefined => {
  if (patch === "") return undefined
  try {
    return decodeText(Buffer.from(patch, "base64"), "json").value
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "malformed"
    throw new WebhookCallError(`webhook returned a response.patch that cannot be read: ${why}`, { cause })
  }
}

/** Reads an answer. Fails with WebhookCallError when it is none to this question. */
export const answerOf = (review: MutableObject, uid: string, mutating: boolean): Answer => {
  const response = objectIn(review, "response")
  if (response === undefined) throw new WebhookCallError("webhook response was absent")
  const given = stringOf(response, "uid")
  if (given !== uid)
    throw new WebhookCallError(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given)}`)
  const got = kindText(stringOf(review, "apiVersion"), stringOf(review, "kind"))
  const wanted = kindText("admission.k8s.io/v1", "AdmissionReview")
  if (got !== wanted) throw new WebhookCallError(`expected webhook response of ${wanted}, got ${got}`)
  const { status } = response
  return {
    allowed: response.allowed === true,
    status: isObject(status) ? status : undefined,
    patch: decodePatch(checkPatch(response, mutating)),
    warnings: stringsIn(response, "warnings"),
    auditAnnotations: objectIn(response, "auditAnnotations") ?? {},
  }
}
