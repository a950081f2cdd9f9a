/** Where the node that runs an object can be reached: read from the object and its Node. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import type { Operation, RegistryContext, Target } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { get } from "../registry/get.ts"
import { stringOf, valueAt } from "../registry/object-meta.ts"
import { currentFromCache } from "../registry/written.ts"
import { badRequest, failure } from "../status-error.ts"

export interface NodeAddress {
  readonly node: string
  readonly host: string
  readonly port: number
}

const nodesId = "/nodes"

const internalIp = (node: MutableObject): string => {
  const addresses = valueAt(node, ["status", "addresses"])
  if (!Array.isArray(addresses)) return ""
  const found = addresses.filter(isObject).find((address) => address.type === "InternalIP")
  return found === undefined ? "" : stringOf(found, "address")
}

const unavailable = (why: string): Error =>
  failure("ServiceUnavailable", why, { details: { retryAfterSeconds: 1 } })

/** Where a node can be reached. Fails with `ServiceUnavailable`; `what` is what is asked about, for the sentence. */
export const addressOf = (context: RegistryContext, name: string, what: string): NodeAddress => {
  const nodes = context.resources.get(nodesId)
  if (nodes === undefined) throw unavailable(`${what} runs on node ${name}, but this server keeps no nodes`)
  const at: Target = { resource: nodes, version: nodes.storage, namespace: "", name, subresource: "" }
  const found = currentFromCache(context, at)
  if (found === undefined) throw unavailable(`${what} is bound to node ${name}, which does not exist`)
  const node = decodeDocument(found.bytes)
  const host = internalIp(node)
  const port = valueAt(node, ["status", "daemonEndpoints", "kubeletEndpoint", "Port"])
  if (host === "" || typeof port !== "number") {
    throw unavailable(`node ${name} has not said yet where it can be reached`)
  }
  return { node: name, host, port }
}

const containerVerbs = new Set(["log", "exec", "attach"])

/** A request may name one of the object's containers, and no other. Source: validateContainer of core/pod's strategy. */
const checkContainer = ({ call, target }: Operation, spec: MutableObject): void => {
  if (!containerVerbs.has(target.subresource)) return
  const mark = call.request.url.indexOf("?")
  const asked = mark < 0 ? null : new URLSearchParams(call.request.url.slice(mark)).get("container")
  if (asked === null || asked === "") return
  const containers = Array.isArray(spec.containers) ? spec.containers.filter(isObject) : []
  if (containers.some((container) => container.name === asked)) return
  throw badRequest(`container ${asked} is not valid for ${target.resource.kind.toLowerCase()} ${target.name}`)
}

/** Fails with `NotFound`, `BadRequest` (no such container, not scheduled), `ServiceUnavailable` (its node is not known or not ready). */
export const nodeOf = async (operation: Operation): Promise<NodeAddress> => {
  const { context, target } = operation
  const itself = `${target.resource.kind} ${target.namespace}/${target.name}`
  const object = decodeDocument((await get({ ...operation, target: { ...target, subresource: "" } })).bytes)
  const spec = isObject(object.spec) ? object.spec : {}
  checkContainer(operation, spec)
  const name = stringOf(spec, "nodeName")
  if (name === "") throw badRequest(`${itself} does not have a host assigned: it is not scheduled yet`)
  return addressOf(context, name, itself)
}
