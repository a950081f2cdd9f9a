/** RBAC as one part of a server: follows the cache, decides, checks writes, keeps the defaults. */
import type { Authorizer } from "../authorizer.ts"
import type { AdmissionRequest, RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import type { Resource } from "../resource.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import type { CacheEvent } from "../watch-cache/event-window.ts"
import { RoleAggregation } from "./aggregation.ts"
import { ensureDefaultPolicy } from "./default-objects.ts"
import { EscalationCheck } from "./escalation.ts"
import { rbacGroup } from "./policy-rule.ts"
import { rbacAuthorizer } from "./rbac-authorizer.ts"
import { RoleIndex } from "./role-index.ts"

const plurals = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"]

export interface RbacOptions {
  readonly context: RegistryContext
  /** Who is asked whether `escalate` and `bind` are allowed. */
  readonly authorizer: () => Authorizer
  readonly onFault: (message: string, cause: unknown) => void
}

export class Rbac {
  readonly index = new RoleIndex()
  readonly authorizer = rbacAuthorizer(this.index)
  readonly #options: RbacOptions
  readonly #aggregation: RoleAggregation

  constructor(options: RbacOptions) {
    this.#options = options
    this.#aggregation = new RoleAggregation(options)
  }

  /** An event of the cache. */
  changed({ group, plural }: Resource, { type, object }: CacheEvent): void {
    if (group !== rbacGroup) return
    this.#take(plural, object, type === "DELETED")
    if (plural === "clusterroles") this.#aggregation.changed()
  }

  /** The cache has been read anew. */
  loaded(): void {
    const { resources, cache } = this.#options.context
    this.index.clear()
    for (const plural of plurals) {
      const resource = resources.get(`${rbacGroup}/${plural}`)
      if (resource === undefined) continue
      for (const object of cache.get(resource).all()) this.#take(plural, object, false)
    }
    this.#aggregation.changed()
  }

  #take(plural: string, { namespace, name, bytes }: CachedObject, gone: boolean): void {
    const document = gone ? undefined : decodeDocument(bytes)
    if (plural === "roles" || plural === "clusterroles") this.index.setRole(namespace, name, document)
    else this.index.setBinding(namespace, name, document)
  }

  /** Fails with `Forbidden`, `NotFound`. */
  admit(request: AdmissionRequest): Promise<void> {
    const { authorizer, context } = this.#options
    const fresh = () => context.cache.fresh()
    return new EscalationCheck({ index: this.index, authorizer: authorizer(), fresh }).admit(request)
  }

  /** The default roles and bindings exist, and aggregated ones are complete, when it settles. */
  async start(): Promise<void> {
    const { context, onFault } = this.#options
    await ensureDefaultPolicy(context, onFault)
    await context.cache.fresh().catch(() => {})
    await this.#aggregation.idle()
  }

  close(): void {
    this.#aggregation.close()
  }
}
