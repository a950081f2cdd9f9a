/**
 * The keeper of custom kinds: serves what established CustomResourceDefinitions define, and sees deleted ones out.
 *
 * Level-triggered: each event of a definition makes it look at the definition as it is now. A deleted definition goes
 * when its last object has: 1. its finalizer is set by the deletion; 2. every object is deleted; 3. the finalizer is
 * removed; 4. the definition vanishes, and with it discovery, schemas and watches.
 */

import type { Json, ResourceDefinition } from "../../schemas/index.ts"
import type { WebhookClient } from "../admission/webhook-client.ts"
import { timestamp } from "../ambient.ts"
import type { Converter } from "../converter.ts"
import { equal } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import type { RegistryContext, Target } from "../registry/context.ts"
import { deleteObject } from "../registry/delete.ts"
import { decodeDocument } from "../registry/document.ts"
import { internalOperation } from "../registry/internal.ts"
import { finalizersOf, isDeleting, metadataOf } from "../registry/object-meta.ts"
import { changeByServer } from "../registry/server-write.ts"
import { Resource } from "../resource.ts"
import { StatusError } from "../status-error.ts"
import { customStrategy } from "../strategy.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { establish, isEmptying, markEmptying, nameConflicts } from "./conditions.ts"
import { conversionClientOf } from "./conversion.ts"
import { conditionIs, crdId, definitionOf } from "./definition.ts"
import { cleanupFinalizer } from "./strategy.ts"
import { webhookConverter } from "./webhook-converter.ts"

const retryMs = 1_000

/** Options of the server's own deletions. */
const plainDeletion = {
  dryRun: false,
  propagationPolicy: undefined,
  preconditions: { uid: "", resourceVersion: "" },
  gracePeriodSeconds: undefined,
} as const

export interface CrdManagerOptions {
  readonly context: RegistryContext
  readonly webhooks: WebhookClient
  readonly onFault: (message: string, cause: unknown) => void
}

export class CrdManager {
  readonly #context: RegistryContext
  readonly #webhooks: WebhookClient
  readonly #onFault: CrdManagerOptions["onFault"]
  /** Ids of the resources that each definition's name serves. */
  readonly #served = new Map<string, string>()
  /** Definitions whose names others have: they may be had when another definition goes. */
  readonly #refused = new Set<string>()
  readonly #queue = new Set<string>()
  #worker: Promise<void> | undefined
  #state: "open" | "closed" = "open"

  constructor(options: CrdManagerOptions) {
    this.#context = options.context
    this.#webhooks = options.webhooks
    this.#onFault = options.onFault
  }

  /** Serves every definition in the cache: after it has been read. */
  loaded(): void {
    const definitions = this.#definitions()
    const names = new Set(definitions.map(({ name }) => name))
    for (const name of [...this.#served.keys()]) if (!names.has(name)) this.#withdraw(name)
    this.#refused.clear()
    for (const definition of definitions) this.changed(definition)
  }

  /** A definition was written. */
  changed(object: CachedObject): void {
    const crd = decodeDocument(object.bytes)
    this.#serve(object.name, crd)
    const isAccepted = conditionIs(crd, "NamesAccepted", "True")
    if (isAccepted) this.#refused.delete(object.name)
    else this.#refused.add(object.name)
    if (isDeleting(crd) || !isAccepted) this.#enqueue(object.name)
  }

  /** A definition is gone: others may have the names that it had. */
  removed(name: string): void {
    this.#withdraw(name)
    this.#refused.delete(name)
    for (const other of this.#refused) this.#enqueue(other)
  }

  /** An object of a custom kind is gone: perhaps the last one that its definition waits for. */
  emptied(resource: Resource): void {
    if (resource.terminating) this.#enqueue(`${resource.plural}.${resource.group}`)
  }

  close(): void {
    this.#state = "closed"
    this.#queue.clear()
  }

  #definitions(): ReadonlyArray<CachedObject> {
    const resource = this.#context.resources.get(crdId)
    const cache = resource === undefined ? undefined : this.#context.cache.find(resource)
    if (cache === undefined) return []
    return [...cache.all()]
  }

  #definition(name: string): CachedObject | undefined {
    const resource = this.#context.resources.get(crdId)
    return resource === undefined
      ? undefined
      : this.#context.cache.find(resource)?.get(resource.key("", name))
  }

  #serve(name: string, crd: MutableObject): void {
    const definition = definitionOf(crd)
    const { resources, cache } = this.#context
    const id = definition === undefined ? "" : `${definition.group}/${definition.names.plural}`
    const taken = resources.get(id)
    const foreign = taken !== undefined && this.#served.get(name) !== id
    if (definition === undefined || foreign || !conditionIs(crd, "Established", "True")) {
      this.#withdraw(name)
      return
    }
    const converter = this.#converter(crd)
    const resource = new Resource(definition, {
      origin: "custom",
      strategy: customStrategy,
      terminating: isDeleting(crd),
      ...(converter === undefined ? {} : { converter }),
    })
    const unchanged =
      taken?.terminating === resource.terminating && equal(asJson(taken.definition), asJson(definition))
    if (unchanged) return
    this.#served.set(name, id)
    resources.install(resource)
    cache.claim(resource)
  }

  #converter(crd: MutableObject): Converter | undefined {
    const config = conversionClientOf(crd)
    if (config === undefined) return undefined
    return webhookConverter({ client: this.#webhooks, ambient: this.#context.ambient, config })
  }

  #withdraw(name: string): void {
    const id = this.#served.get(name)
    if (id === undefined) return
    this.#served.delete(name)
    const resource = this.#context.resources.get(id)
    this.#context.resources.remove(id)
    if (resource !== undefined) this.#context.cache.release(resource)
  }

  #enqueue(name: string): void {
    if (this.#state === "closed") return
    this.#queue.add(name)
    this.#worker ??= this.#drain()
  }

  async #drain(): Promise<void> {
    await Promise.resolve()
    for (const name of this.#queue) {
      this.#queue.delete(name)
      try {
        await this.#reconcile(name)
      } catch (cause) {
        if (this.#state === "closed") break
        this.#onFault("a CustomResourceDefinition could not be brought up to date", cause)
        this.#context.ambient.timer(retryMs, () => this.#enqueue(name))
      }
    }
    this.#worker = undefined
  }

  async #reconcile(name: string): Promise<void> {
    const found = this.#definition(name)
    if (found === undefined) return
    const crd = decodeDocument(found.bytes)
    if (isDeleting(crd)) {
      if (!finalizersOf(crd).includes(cleanupFinalizer)) return
      if (!isEmptying(crd)) await this.#write(name, "status", (current) => markEmptying(current, this.#now()))
      await this.#seeOut(name)
    } else if (
      !conditionIs(crd, "NamesAccepted", "True") &&
      nameConflicts(crd, this.#context.resources).length === 0
    ) {
      await this.#write(name, "status", (current) => establish(current, this.#context.resources, this.#now()))
    }
  }

  async #seeOut(name: string): Promise<void> {
    const { resources, cache } = this.#context
    const id = this.#served.get(name)
    const resource = id === undefined ? undefined : resources.get(id)
    const objects = resource === undefined ? undefined : cache.find(resource)
    if (resource !== undefined && objects !== undefined) {
      await cache.fresh()
      for (const object of [...objects.all()]) await this.#delete(resource, object)
      await cache.fresh()
      if (objects.size > 0) return
    }
    await this.#write(name, "", (crd) => {
      const metadata = metadataOf(crd)
      metadata.finalizers = finalizersOf(crd).filter((finalizer) => finalizer !== cleanupFinalizer)
    })
  }

  /** In the version in which the object is kept: no converter is needed to let it go. */
  async #delete(resource: Resource, object: CachedObject): Promise<void> {
    const { namespace, name } = object
    const kept = [...resource.declared.values()].find((version) => version.name === object.version)
    const target: Target = {
      resource,
      version: kept ?? resource.storage,
      namespace,
      name,
      subresource: "",
    }
    try {
      await deleteObject(internalOperation(this.#context, target, "delete"), plainDeletion)
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === "NotFound")) throw error
    }
  }

  #now(): string {
    return timestamp(this.#context.ambient.now())
  }

  async #write(name: string, subresource: string, change: (crd: MutableObject) => void): Promise<void> {
    const resource = this.#context.resources.get(crdId)
    if (resource === undefined) return
    await changeByServer(this.#context, { resource, name, subresource, change })
  }
}

const asJson = (definition: ResourceDefinition): Json => JSON.parse(JSON.stringify(definition))
