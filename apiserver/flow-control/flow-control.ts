/**
 * Priority and fairness as one part of a server: follows its objects in the cache, keeps the defaults, says in the status
 * of a FlowSchema whether its level is missing, and gives requests their seats. Source: KEP-1040.
 */
import { timestamp } from "../ambient.ts"
import { isObject } from "../body-object.ts"
import type { UserInfo } from "../exchange.ts"
import { equal } from "../json/index.ts"
import { LevelWorker } from "../level-worker.ts"
import type { MutableObject } from "../machinery.ts"
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { metadataOf, nameOf, stringOf } from "../registry/object-meta.ts"
import { changeByServer, createByServer } from "../registry/server-write.ts"
import type { RequestInfo } from "../request-info.ts"
import type { Resource } from "../resource.ts"
import { defaultLevels, defaultSchemas } from "./default-flows.ts"
import { type Classified, Dispatcher } from "./dispatcher.ts"
import { parseFlowSchema } from "./flow-schema.ts"
import { flowLimits } from "./limits.ts"
import { parsePriorityLevel } from "./priority-level.ts"

export const flowGroup = "flowcontrol.apiserver.k8s.io"
const levelsId = `${flowGroup}/prioritylevelconfigurations`
const schemasId = `${flowGroup}/flowschemas`

const autoupdate = "apf.kubernetes.io/autoupdate-spec"

/** No object has this name: the worker looks at all of them. */
const everySchema = "*"

export interface FlowControlOptions {
  readonly context: RegistryContext
  /** Seats of the whole server: how many small requests are answered at the same time. */
  readonly seats?: number
  readonly onFault: (message: string, cause: unknown) => void
}

export class FlowControl {
  readonly #context: RegistryContext
  readonly #onFault: FlowControlOptions["onFault"]
  readonly #dispatcher: Dispatcher
  readonly #worker: LevelWorker
  /** Whether the dispatcher has what the cache shows: a burst of changes is read once. */
  #state: "current" | "stale" = "stale"

  constructor({ context, seats = flowLimits.seats, onFault }: FlowControlOptions) {
    this.#context = context
    this.#onFault = onFault
    const { ambient } = context
    this.#dispatcher = new Dispatcher({
      ambient,
      seats,
      sizeOf: (group, plural) => this.#sizeOf(`${group}/${plural}`),
    })
    this.#worker = new LevelWorker({
      ambient,
      does: "the status of a FlowSchema",
      reconcile: async (name) => (name === everySchema ? this.#enqueueAll() : this.#reconcile(name)),
      onFault,
    })
  }

  #sizeOf(id: string): number {
    const resource = this.#context.resources.get(id)
    return resource === undefined ? 0 : (this.#context.cache.find(resource)?.size ?? 0)
  }

  classify(user: UserInfo, info: RequestInfo): Classified {
    this.#configure()
    return this.#dispatcher.classify(user, info)
  }

  /** In Prometheus' text format. */
  renderMetrics(): string {
    this.#configure()
    return this.#dispatcher.renderMetrics()
  }

  /** An event of the cache. */
  changed(resource: Resource): void {
    if (resource.group === flowGroup) this.loaded()
  }

  /** The cache has been read anew. */
  loaded(): void {
    this.#state = "stale"
    this.#worker.enqueue(everySchema)
  }

  #configure(): void {
    if (this.#state === "current") return
    this.#state = "current"
    this.#dispatcher.configure(
      this.#objects(levelsId).map(parsePriorityLevel),
      this.#objects(schemasId).map(parseFlowSchema),
    )
  }

  #enqueueAll(): void {
    this.#configure()
    const resource = this.#context.resources.get(schemasId)
    if (resource === undefined) return
    for (const { name } of this.#context.cache.find(resource)?.all() ?? []) this.#worker.enqueue(name)
  }

  #objects(id: string): ReadonlyArray<MutableObject> {
    const resource = this.#context.resources.get(id)
    if (resource === undefined) return []
    return [...(this.#context.cache.find(resource)?.all() ?? [])].map(({ bytes }) => decodeDocument(bytes))
  }

  /** The default objects exist, and say what became of them, when it settles. */
  async start(): Promise<void> {
    const writes = [
      ...defaultLevels.map((wanted) => this.#ensure(levelsId, wanted)),
      ...defaultSchemas.map((wanted) => this.#ensure(schemasId, wanted)),
    ]
    await Promise.all(writes)
    await this.#context.cache.fresh().catch(() => {})
    await this.#worker.idle()
  }

  async #ensure(id: string, wanted: MutableObject): Promise<void> {
    const resource = this.#context.resources.get(id)
    if (resource === undefined) return
    try {
      await this.#ensureIn(resource, wanted)
    } catch (cause) {
      this.#onFault("a default of priority and fairness could not be brought up to date", cause)
    }
  }

  async #ensureIn(resource: Resource, wanted: MutableObject): Promise<void> {
    const name = nameOf(wanted)
    const found = this.#context.cache.get(resource).get(resource.key("", name))
    if (found === undefined) {
      const metadata = { name, annotations: { [autoupdate]: "true" } }
      await createByServer(this.#context, resource, { ...structuredClone(wanted), metadata })
      return
    }
    const object = decodeDocument(found.bytes)
    const { annotations } = metadataOf(object)
    if (!isObject(annotations) || stringOf(annotations, autoupdate) !== "true") return
    const spec = structuredClone(wanted.spec ?? {})
    const defaulted: MutableObject = { apiVersion: object.apiVersion ?? "", kind: object.kind ?? "", spec }
    resource.storage.schema.applyDefaults(defaulted)
    if (equal(object.spec, defaulted.spec)) return
    await changeByServer(this.#context, {
      resource,
      name,
      subresource: "",
      change: (current) => {
        current.spec = structuredClone(spec)
      },
    })
  }

  /** `Dangling` says whether the level of a schema is missing. */
  async #reconcile(name: string): Promise<void> {
    const resource = this.#context.resources.get(schemasId)
    const levels = this.#context.resources.get(levelsId)
    if (resource === undefined || levels === undefined) return
    const found = this.#context.cache.get(resource).get(resource.key("", name))
    if (found === undefined) return
    const { level } = parseFlowSchema(decodeDocument(found.bytes))
    const missing = this.#context.cache.get(levels).get(levels.key("", level)) === undefined
    if (danglingOf(decodeDocument(found.bytes)) === (missing ? "True" : "False")) return
    const now = timestamp(this.#context.ambient.now())
    await changeByServer(this.#context, {
      resource,
      name,
      subresource: "status",
      change: (current) => setDangling(current, { level, missing, now }),
    })
  }

  close(): void {
    this.#worker.close()
  }
}

const conditionsOf = (schema: MutableObject): ReadonlyArray<MutableObject> => {
  const { conditions } = isObject(schema.status) ? schema.status : {}
  return Array.isArray(conditions) ? conditions.filter(isObject) : []
}

const isDangling = (condition: MutableObject): boolean => stringOf(condition, "type") === "Dangling"

const danglingOf = (schema: MutableObject): string =>
  stringOf(conditionsOf(schema).find(isDangling) ?? {}, "status")

const setDangling = (
  schema: MutableObject,
  more: { readonly level: string; readonly missing: boolean; readonly now: string },
): void => {
  const condition: MutableObject = {
    type: "Dangling",
    status: more.missing ? "True" : "False",
    lastTransitionTime: more.now,
    reason: more.missing ? "NotFound" : "Found",
    message: `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(more.level)}${
      more.missing ? " but there is no such object" : " and it exists"
    }`,
  }
  const others = conditionsOf(schema).filter((other) => !isDangling(other))
  schema.status = { ...(isObject(schema.status) ? schema.status : {}), conditions: [...others, condition] }
}
