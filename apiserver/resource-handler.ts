/** Requests for resources: finds what is asked for, and lets the verb answer. */
import { admitConnection } from "./admission/connect.ts"
import { registrationIds } from "./admission/registrations.ts"
import type { Call } from "./call.ts"
import type { ConnectHandler, Upgrade } from "./connect/connect-handler.ts"
import { crdId } from "./crd/definition.ts"
import { limits } from "./limits.ts"
import type { Metrics } from "./metrics.ts"
import { type Negotiated, negotiate, type View } from "./negotiation.ts"
import { type MetricsHandler, metricsGroup } from "./pods/metrics-handler.ts"
import { type AskedProjection, askedProjection, projectionLimits } from "./projection/index.ts"
import type { Operation, RegistryContext, Target } from "./registry/context.ts"
import { parseDeleteOptions } from "./registry/delete-options.ts"
import { decodeDocument } from "./registry/document.ts"
import { get } from "./registry/get.ts"
import { list } from "./registry/list.ts"
import { answerReview } from "./registry/review.ts"
import { patchScale, putScale, readScale } from "./registry/scale.ts"
import {
  type SubresourceCreate,
  type SubresourceCreates,
  subresourceCreate,
} from "./registry/subresource-create.ts"
import { watch } from "./registry/watch.ts"
import type { Written } from "./registry/written.ts"
import type { ResourceRequestInfo } from "./request-info.ts"
import { methodNotAllowed, tooManyRequests } from "./status-error.ts"
import { turnsOf } from "./turns.ts"
import { bytesIn } from "./watch-cache/cached-object.ts"
import { ensureViews } from "./watch-cache/conversion.ts"
import { RecentBytes } from "./watch-cache/recent-bytes.ts"
import { ConvertingWatch } from "./wire/converting-watch.ts"
import { listViews, sendList } from "./wire/list-response.ts"
import { objectViews, sendObject, sendValue } from "./wire/object-response.ts"
import { headersOf, sendJson } from "./wire/response.ts"
import { type IncludeObject, parseIncludeObject } from "./wire/views.ts"
import { watchFormat } from "./wire/watch-format.ts"
import { isWebSocketRequest, WebSocketSink } from "./wire/web-socket-sink.ts"
import { writesOf } from "./writes-of.ts"

export interface ResourceHandlerOptions {
  readonly context: RegistryContext
  readonly metrics: Metrics
  readonly connect: ConnectHandler
  readonly usage: MetricsHandler
  readonly creates: SubresourceCreates
}

type ResourceCall = Call<ResourceRequestInfo>

/** What is served at the path of a request; undefined when nothing is. */
export const findTarget = (context: RegistryContext, info: ResourceRequestInfo): Target | undefined => {
  const served = context.resources.find(info.group, info.version, info.resource)
  if (served === undefined) return undefined
  const { resource } = served
  const itself = resource.id === "/namespaces"
  const namespace = itself ? "" : info.namespace
  if (!resource.namespaced && namespace !== "") return undefined
  if (resource.namespaced && namespace === "" && info.name !== "") return undefined
  return { ...served, namespace, name: info.name, subresource: info.subresource }
}

const hasSubresource = ({ resource, version, subresource }: Target): boolean => {
  if (subresource === "") return true
  if (subresource === "status") return version.hasStatus
  if (subresource === "scale") return version.definition.subresources?.scale !== undefined
  return (
    resource.strategy.subresources !== undefined && Object.hasOwn(resource.strategy.subresources, subresource)
  )
}

interface Answering {
  readonly operation: Operation
  readonly negotiated: Negotiated
  readonly include: IncludeObject
  /** What of the objects is sent; undefined: all. */
  readonly asked: AskedProjection | undefined
}

/** Parts of objects have no other view. */
const partViews: ReadonlySet<View> = new Set<View>([""])

export class ResourceHandler {
  readonly #context: RegistryContext
  readonly #metrics: Metrics
  readonly #connect: ConnectHandler
  readonly #usage: MetricsHandler
  readonly #creates: SubresourceCreates
  readonly #recent = new RecentBytes(projectionLimits.remembered)

  constructor({ context, metrics, connect, usage, creates }: ResourceHandlerOptions) {
    this.#creates = creates
    this.#context = context
    this.#metrics = metrics
    this.#connect = connect
    this.#usage = usage
  }

  /** Answers; false when nothing is served at this path. */
  async handle(call: ResourceCall): Promise<boolean> {
    const target = findTarget(this.#context, call.info)
    if (target === undefined) return false
    if (this.#connect.serves(target)) {
      await this.#connect.stream({ context: this.#context, call, target })
      return true
    }
    const operation: Operation = { context: this.#context, call, target }
    const creates = subresourceCreate(this.#creates, target.resource.id, target.subresource)
    if (creates !== undefined) {
      await this.#answerCreate(operation, creates)
      return true
    }
    if (!hasSubresource(target)) return false
    this.#warnOfDeprecation(call, target)
    if (target.resource.group === metricsGroup) await this.#measure(operation)
    else if (target.resource.strategy.answer !== undefined) await this.#review(operation)
    else if (target.subresource === "scale") await this.#scale(operation)
    else await this.#verb(operation)
    return true
  }

  /** Joins an upgraded connection with the node's, or watches over it; false when nothing is served at this path. */
  async upgrade(call: ResourceCall, upgrade: Upgrade): Promise<boolean> {
    const target = findTarget(this.#context, call.info)
    if (target === undefined) return false
    const operation: Operation = { context: this.#context, call, target }
    if (this.#connect.serves(target)) {
      await admitConnection(operation)
      await this.#connect.upgrade(operation, upgrade)
      return true
    }
    if (call.info.verb !== "watch" || !isWebSocketRequest(call.request)) return false
    const sink = new WebSocketSink(upgrade.socket, call.request)
    await this.#watch(this.#answering(operation, objectViews), sink)
    return true
  }

  #warnOfDeprecation(call: ResourceCall, { version, resource }: Target): void {
    const { deprecated, deprecationWarning } = version.definition
    if (deprecated !== true) return
    call.warnings.push(deprecationWarning ?? `${version.apiVersion} ${resource.kind} is deprecated`)
  }

  #answering(operation: Operation, views: ReadonlySet<View>): Answering {
    const { call } = operation
    const { headers } = call.request
    const { query } = call.info
    const asked = askedProjection(operation)
    const negotiated = negotiate(
      { accept: headers.accept, userAgent: headers["user-agent"], query },
      asked === undefined ? views : partViews,
    )
    return { operation, negotiated, include: parseIncludeObject(query), asked }
  }

  async #verb(operation: Operation): Promise<void> {
    const { target, call } = operation
    const { verb } = call.info
    if (target.subresource !== "" && !["get", "update", "patch"].includes(verb)) {
      throw methodNotAllowed(target.resource.subject(target.name), call.info.method)
    }
    const writes = writesOf(operation.target.resource)
    switch (verb) {
      case "get":
        return this.#get(this.#answering(operation, objectViews))
      case "list":
        return this.#list(this.#answering(operation, listViews), list)
      case "watch":
        return this.#watch(this.#answering(operation, objectViews))
      case "deletecollection":
        if (target.resource.strategy.collectionDelete === false) {
          throw methodNotAllowed(target.resource.subject(), call.info.method)
        }
        return this.#list(this.#answering(operation, listViews), writes.deleteCollection)
      case "create":
        this.#refuseUnplaced(operation)
        return this.#write(this.#answering(operation, objectViews), async () => [
          201,
          await writes.create(operation),
        ])
      case "update":
      case "patch":
        return this.#write(this.#answering(operation, objectViews), async () => {
          const { written, created } = await (verb === "update" ? writes.put : writes.patch)(operation)
          return [created ? 201 : 200, written]
        })
      case "delete":
        return this.#delete(this.#answering(operation, objectViews))
    }
  }

  #refuseUnplaced({ target, call }: Operation): void {
    if (target.resource.namespaced && target.namespace === "") {
      throw methodNotAllowed(target.resource.subject(), call.info.method)
    }
  }

  async #get(answering: Answering): Promise<void> {
    const { operation, asked } = answering
    const { resource, version } = operation.target
    const found = await get(operation)
    if (resource.converter !== undefined) await ensureViews([found], version, resource)
    const bytes = bytesIn(found, version, resource)
    await this.#sendObject(answering, 200, asked === undefined ? bytes : asked.projection.of(bytes))
  }

  #sendObject({ operation, negotiated, include }: Answering, status: number, bytes: Buffer): Promise<void> {
    const { resource, version } = operation.target
    const now = this.#context.ambient.now()
    return sendObject(operation.call, { status, bytes, resource, version, negotiated, include, now })
  }

  async #list({ operation, negotiated, include, asked }: Answering, read: typeof list): Promise<void> {
    const { resource, version } = operation.target
    const listed = await read(operation)
    await ensureViews(listed.items, version, resource)
    const now = this.#context.ambient.now()
    const projection = asked?.projection
    const answer = { listed, resource, version, negotiated, include, now, projection }
    await sendList(operation.call, answer, turnsOf(this.#context.ambient))
  }

  async #write(answering: Answering, write: () => Promise<readonly [number, Written]>): Promise<void> {
    const [status, written] = await write()
    await this.#settle(answering.operation, written)
    await this.#sendObject(answering, status, written.bytes)
  }

  /** What configures the server itself is in force when its write is answered. */
  async #settle({ target }: Operation, { revision }: Written): Promise<void> {
    const { id } = target.resource
    if (id === crdId || registrationIds.has(id)) await this.#context.cache.reach(revision)
  }

  async #delete(answering: Answering): Promise<void> {
    const { operation } = answering
    const { call, target } = operation
    const options = parseDeleteOptions(call)
    const deleted = await writesOf(operation.target.resource).deleteObject(operation, options)
    const written = deleted.type === "held" ? deleted.written : deleted.last
    await this.#settle(operation, written)
    if (deleted.type === "held") {
      return this.#sendObject(answering, options.orphanDependents === false ? 202 : 200, written.bytes)
    }
    const { group, plural } = target.resource
    const details = { name: target.name, ...(group === "" ? {} : { group }), kind: plural, uid: deleted.uid }
    const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details }
    await sendValue(call, { status: 200, negotiated: answering.negotiated }, status)
  }

  async #watch(
    { operation, negotiated, include, asked }: Answering,
    sink = operation.call.sink,
  ): Promise<void> {
    const { call, target } = operation
    if (this.#metrics.watchers >= limits.watchersMax) {
      throw tooManyRequests(`the server has ${limits.watchersMax} open watches already: try again later`)
    }
    const now = () => this.#context.ambient.now()
    const format = watchFormat({ ...target, negotiated, include, now, asked, recent: this.#recent })
    const converting =
      target.resource.converter === undefined ? undefined : new ConvertingWatch({ sink, format, ...target })
    await watch(operation, {
      format: converting?.format ?? format,
      selected: (selection) => converting?.select(selection),
      head: () => {
        sink.head(200, headersOf(call, { status: 200, contentType: "application/json" }))
        return converting ?? sink
      },
      opened: (watcher) => {
        watcher.onEnd(this.#metrics.watcherOpened(target.resource))
        converting?.onFailed(() => watcher.end())
      },
      caughtUp: () => call.release?.(),
    })
  }

  async #scale(operation: Operation): Promise<void> {
    const { call, target } = operation
    const { negotiated } = this.#answering(operation, new Set<View>([""]))
    const answer = { status: 200, negotiated }
    switch (call.info.verb) {
      case "get": {
        const { resource, version } = target
        const found = await get({ ...operation, target: { ...target, subresource: "" } })
        await ensureViews([found], version, resource)
        return sendValue(call, answer, readScale(decodeDocument(bytesIn(found, version, resource)), target))
      }
      case "update":
        return sendValue(call, answer, await putScale(operation))
      case "patch":
        return sendValue(call, answer, await patchScale(operation))
      default:
        throw methodNotAllowed(target.resource.subject(target.name), call.info.method)
    }
  }

  async #measure(operation: Operation): Promise<void> {
    const { negotiated } = this.#answering(operation, new Set<View>([""]))
    await sendValue(operation.call, { status: 200, negotiated }, await this.#usage.answer(operation))
  }

  async #answerCreate(operation: Operation, { answer }: SubresourceCreate): Promise<void> {
    const { call, target } = operation
    if (call.info.verb !== "create") {
      throw methodNotAllowed(target.resource.subject(target.name), call.info.method)
    }
    const { negotiated } = this.#answering(operation, new Set<View>([""]))
    await sendValue(call, { status: 201, negotiated }, await answer(operation))
  }

  async #review(operation: Operation): Promise<void> {
    const { call, target } = operation
    if (call.info.verb !== "create" || target.subresource !== "") {
      throw methodNotAllowed(target.resource.subject(target.name), call.info.method)
    }
    const { negotiated } = this.#answering(operation, new Set<View>([""]))
    await sendJson(call, { status: 201, pretty: negotiated.pretty }, await answerReview(operation))
  }
}
