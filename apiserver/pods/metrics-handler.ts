/**
 * metrics.k8s.io: what nodes and the containers on them use now. Nothing is stored: every answer is asked of the nodes, and
 * a node that does not answer is left out of a list.
 */
import { timestamp } from "../ambient.ts"
import { isObject } from "../body-object.ts"
import type { ConnectConfig } from "../connect/config.ts"
import { addressOf } from "../connect/node-address.ts"
import { type NodeStats, readNodeStats, type Usage } from "../connect/node-stats.ts"
import type { MutableObject } from "../machinery.ts"
import type { Operation, RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { list } from "../registry/list.ts"
import { fieldText, metadataOf, stringOf, valueAt } from "../registry/object-meta.ts"
import type { Resource } from "../resource.ts"
import { failure, methodNotAllowed, notFound, StatusError } from "../status-error.ts"
import { sandboxesId } from "./pod-resource.ts"

export const metricsGroup = "metrics.k8s.io"

/** Where its objects of the other resource are found: what is measured. */
const measured: { readonly [plural: string]: string } = { pods: sandboxesId, nodes: "/nodes" }

const quantities = ({ cpuNanosPerSecond, memoryBytes }: Usage): MutableObject => ({
  cpu: `${Math.round(cpuNanosPerSecond)}n`,
  memory: `${Math.ceil(memoryBytes / 1024)}Ki`,
})

const common = (object: MutableObject, stats: NodeStats): MutableObject => {
  const { name, namespace, labels, creationTimestamp } = metadataOf(object)
  const metadata: MutableObject = { name: name ?? "" }
  if (namespace !== undefined) metadata.namespace = namespace
  if (labels !== undefined) metadata.labels = labels
  if (creationTimestamp !== undefined) metadata.creationTimestamp = creationTimestamp
  return { metadata, timestamp: timestamp(stats.timeMs), window: `${Math.round(stats.windowMs / 1000)}s` }
}

const podMetrics = (sandbox: MutableObject, stats: NodeStats): MutableObject | undefined => {
  const metadata = metadataOf(sandbox)
  const found = stats.sandboxes.find(
    ({ namespace, name }) => namespace === metadata.namespace && name === metadata.name,
  )
  if (found === undefined) return undefined
  const containers = valueAt(sandbox, ["spec", "containers"])
  const container = Array.isArray(containers) ? containers[0] : undefined
  const name = isObject(container) ? stringOf(container, "name") : ""
  return { ...common(sandbox, stats), containers: [{ name, usage: quantities(found) }] }
}

const nodeMetrics = (node: MutableObject, stats: NodeStats): MutableObject => ({
  ...common(node, stats),
  usage: quantities(stats.node),
})

export class MetricsHandler {
  readonly #context: RegistryContext
  readonly #tls: ConnectConfig["clientTls"] | undefined

  constructor(context: RegistryContext, config: ConnectConfig | undefined) {
    this.#context = context
    this.#tls = config?.clientTls
  }

  /** The document that answers. Fails with `NotFound`, `MethodNotAllowed`, `ServiceUnavailable`. */
  async answer(operation: Operation): Promise<MutableObject> {
    const { call, target } = operation
    const { verb } = call.info
    const { resource, version } = target
    if ((verb !== "get" && verb !== "list") || target.subresource !== "")
      throw methodNotAllowed(resource.subject(target.name), call.info.method)
    const { kind, listKind } = resource.definition.names
    const items = await this.#measure(operation)
    const { apiVersion } = version
    if (verb === "list") return { kind: listKind, apiVersion, metadata: {}, items }
    const [found] = items
    if (found === undefined) throw notFound(resource.subject(target.name))
    return { kind, apiVersion, ...found }
  }

  async #measure(operation: Operation): Promise<MutableObject[]> {
    const { target } = operation
    const subject = this.#context.resources.get(measured[target.resource.plural] ?? "")
    if (subject === undefined) return []
    const objects = await this.#objects(operation, subject)
    const isNodes = target.resource.plural === "nodes"
    const nodeOf = (object: MutableObject): string =>
      isNodes ? stringOf(metadataOf(object), "name") : fieldText(valueAt(object, ["spec", "nodeName"]))
    const names = [...new Set(objects.map(nodeOf))].filter((name) => name !== "")
    const stats = new Map(
      await Promise.all(names.map(async (name) => [name, await this.#ask(name)] as const)),
    )
    const items: MutableObject[] = []
    for (const object of objects) {
      const found = stats.get(nodeOf(object))
      if (found === undefined) continue
      const item = isNodes ? nodeMetrics(object, found) : podMetrics(object, found)
      if (item !== undefined) items.push(item)
    }
    return items
  }

  /** The objects that are asked about, with their labels and names selected as in any list. */
  async #objects(operation: Operation, subject: Resource): Promise<ReadonlyArray<MutableObject>> {
    const target = { ...operation.target, resource: subject, version: subject.storage }
    const listed = await list({ ...operation, target })
    return listed.items.map(({ bytes }) => decodeDocument(bytes))
  }

  /** Undefined where the node does not answer. */
  async #ask(name: string): Promise<NodeStats | undefined> {
    if (this.#tls === undefined) throw failure("ServiceUnavailable", "this server reaches no nodes")
    const { ambient } = this.#context
    try {
      const address = addressOf(this.#context, name, "what is measured")
      return await readNodeStats({ tls: this.#tls, ambient, address })
    } catch (error) {
      if (error instanceof StatusError) return undefined
      throw error
    }
  }
}
