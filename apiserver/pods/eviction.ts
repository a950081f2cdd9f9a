/**
 * The eviction of a Pod: a deletion that is asked for by whoever empties a node. No disruption budget is kept, so it is
 * never put off. Source: policy/v1 Eviction.
 */
import { decodeObject } from "../body.ts"
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { admitWrite } from "../registry/admit-write.ts"
import type { Operation } from "../registry/context.ts"
import { parseDeleteOptions } from "../registry/delete-options.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import type { SubresourceCreates } from "../registry/subresource-create.ts"
import { parseWriteOptions } from "../registry/write-options.ts"
import { badRequest, methodNotAllowed } from "../status-error.ts"
import { podsId } from "./pod-resource.ts"
import { podWrites } from "./pod-writes.ts"

const evictionKind = { group: "policy", version: "v1", kind: "Eviction" }

/** The answer; what is admitted is the eviction. Fails with `BadRequest`, and as a deletion does. */
const evict = async (operation: Operation): Promise<MutableObject> => {
  const { call, target } = operation
  const { facade } = target.resource
  if (facade === undefined) throw methodNotAllowed(target.resource.subject(target.name), call.info.method)
  const { object } = decodeObject(call.request.body, call.request.headers["content-type"])
  const kind = stringOf(object, "kind")
  if (kind !== "Eviction")
    throw badRequest(`an Eviction is posted here, not ${kind || "an object without a kind"}`)
  const name = stringOf(metadataOf(object), "name")
  if (name !== "" && name !== target.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`)
  const posted = parseWriteOptions(call, "CreateOptions")
  await admitWrite(operation, { object, old: undefined, options: posted, kind: evictionKind }, () => {})
  const given = isObject(object.deleteOptions) ? object.deleteOptions : {}
  const body = Buffer.from(JSON.stringify({ ...given, kind: "DeleteOptions" }))
  const headers = { ...call.request.headers, "content-type": "application/json" }
  const asDelete = { ...call, request: { ...call.request, body, headers } }
  const options = parseDeleteOptions(asDelete)
  const onPod = { ...operation, call: asDelete, target: { ...target, subresource: "" } }
  await podWrites(target.resource, facade).deleteObject(onPod, options)
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" }
}

/** What a POST to a subresource of a Pod answers. */
export const podCreates: SubresourceCreates = {
  [`${podsId}/eviction`]: { kind: evictionKind, answer: evict },
}
