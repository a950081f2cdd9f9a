/**
 * The webhooks and policies in force, compiled as their objects come and go, and which of them each kind of request
 * concerns. Told of every change by the watch cache: nothing is scanned for a request.
 */
import type { MutableObject } from "../machinery.ts"
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import type { CacheEvent } from "../watch-cache/event-window.ts"
import { matchKind } from "./constraint.ts"
import { limits } from "./limits.ts"
import { type Binding, bindingOf, type Policy, policyOf } from "./policy.ts"
import type { MatchedPolicy } from "./policy-check.ts"
import type { RequestKind } from "./rule.ts"
import { type Webhook, webhooksOf } from "./webhook.ts"
import type { MatchedWebhook } from "./webhook-caller.ts"

export const registrationGroup = "admissionregistration.k8s.io"

const mutatingId = `${registrationGroup}/mutatingwebhookconfigurations`
const validatingId = `${registrationGroup}/validatingwebhookconfigurations`
const policiesId = `${registrationGroup}/validatingadmissionpolicies`
const bindingsId = `${registrationGroup}/validatingadmissionpolicybindings`

/** Kinds that admission is configured with. They are never asked about themselves: nobody could mend a mistake. */
export const registrationIds: ReadonlySet<string> = new Set([
  mutatingId,
  validatingId,
  policiesId,
  bindingsId,
])

/** Whatever a kind of request concerns. */
export interface Route {
  readonly mutating: ReadonlyArray<MatchedWebhook>
  readonly policies: ReadonlyArray<MatchedPolicy>
  readonly validating: ReadonlyArray<MatchedWebhook>
}

const nothing: Route = { mutating: [], policies: [], validating: [] }

/** Compiled objects of one kind by their names, kept in the order of names. */
class Compiled<T> {
  readonly #compile: (object: MutableObject) => T
  #byName = new Map<string, T>()

  constructor(compile: (object: MutableObject) => T) {
    this.#compile = compile
  }

  load(objects: Iterable<CachedObject>): void {
    this.#byName = new Map()
    for (const object of objects) this.put(object)
  }

  put(object: CachedObject): void {
    this.#byName.set(object.name, this.#compile(decodeDocument(object.bytes)))
  }

  delete(name: string): void {
    this.#byName.delete(name)
  }

  get size(): number {
    return this.#byName.size
  }

  inOrder(): ReadonlyArray<T> {
    return [...this.#byName].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, compiled]) => compiled)
  }
}

export class Registrations {
  readonly #context: RegistryContext
  readonly #mutating = new Compiled<ReadonlyArray<Webhook>>(webhooksOf)
  readonly #validating = new Compiled<ReadonlyArray<Webhook>>(webhooksOf)
  readonly #policies = new Compiled<Policy>(policyOf)
  readonly #bindings = new Compiled<Binding>(bindingOf)
  readonly #routes = new Map<string, Route>()
  #generation = -1

  constructor(context: RegistryContext) {
    this.#context = context
  }

  #kinds(): ReadonlyArray<readonly [id: string, compiled: Compiled<unknown>]> {
    return [
      [mutatingId, this.#mutating],
      [validatingId, this.#validating],
      [policiesId, this.#policies],
      [bindingsId, this.#bindings],
    ]
  }

  /** Everything has been read anew. */
  loaded(): void {
    const { resources, cache } = this.#context
    for (const [id, compiled] of this.#kinds()) {
      const resource = resources.get(id)
      compiled.load(resource === undefined ? [] : (cache.find(resource)?.all() ?? []))
    }
    this.#routes.clear()
  }

  /** An object of one of {@link registrationIds} was written or is gone. */
  changed(id: string, event: CacheEvent): void {
    for (const [kind, compiled] of this.#kinds()) {
      if (kind !== id) continue
      if (event.type === "DELETED") compiled.delete(event.object.name)
      else compiled.put(event.object)
    }
    this.#routes.clear()
  }

  /** Whatever concerns a kind of request. */
  route(kind: RequestKind): Route {
    if (this.#mutating.size === 0 && this.#validating.size === 0 && this.#bindings.size === 0) return nothing
    const { generation } = this.#context.resources
    if (generation !== this.#generation || this.#routes.size > limits.routesRemembered) {
      this.#routes.clear()
      this.#generation = generation
    }
    const key = `${kind.operation} ${kind.resource.id} ${kind.version} ${kind.subresource}`
    const known = this.#routes.get(key)
    if (known !== undefined) return known
    const made = this.#routeOf(kind)
    this.#routes.set(key, made)
    return made
  }

  #routeOf(kind: RequestKind): Route {
    if (registrationIds.has(kind.resource.id)) return nothing
    return {
      mutating: webhooksFor(this.#mutating, kind),
      policies: this.#policiesFor(kind),
      validating: webhooksFor(this.#validating, kind),
    }
  }

  #policiesFor(kind: RequestKind): ReadonlyArray<MatchedPolicy> {
    const bound = this.#bindings.inOrder().flatMap((binding) => {
      const match = matchKind(binding.constraint, kind)
      return match === undefined ? [] : [{ binding, match }]
    })
    return this.#policies.inOrder().flatMap((policy) => {
      const bindings = bound.filter(({ binding }) => binding.policy === policy.name)
      const match = bindings.length === 0 ? undefined : matchKind(policy.constraint, kind)
      return match === undefined ? [] : [{ policy, match, bindings }]
    })
  }
}

const webhooksFor = (
  configurations: Compiled<ReadonlyArray<Webhook>>,
  kind: RequestKind,
): ReadonlyArray<MatchedWebhook> =>
  configurations
    .inOrder()
    .flat()
    .flatMap((webhook) => {
      const match = matchKind(webhook.constraint, kind)
      return match === undefined ? [] : [{ webhook, match }]
    })
