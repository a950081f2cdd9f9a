/**
 * Nobody gives what they do not have: the check of writes to roles (`escalate` lifts it) and bindings (`bind` does).
 * Source: registry/rbac/{clusterrole,clusterrolebinding}/policybased.
 */
import { type Authorizer, isMaster } from "../authorizer.ts"
import { isObject } from "../body-object.ts"
import type { UserInfo } from "../exchange.ts"
import { equal } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import type { AdmissionRequest } from "../registry/context.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import { forbidden, notFound } from "../status-error.ts"
import { uncovered } from "./covering.ts"
import { rbacLimits } from "./limits.ts"
import { type PolicyRule, parseRules, rbacGroup } from "./policy-rule.ts"
import { type RoleIndex, type RoleRef, roleRefOf } from "./role-index.ts"

/** Metadata whose change gives nobody anything: what deletion and ownership write. */
const harmless = ["managedFields", "finalizers", "ownerReferences", "resourceVersion", "generation"]

const essence = (object: MutableObject): MutableObject => {
  const metadata = { ...metadataOf(object) }
  for (const key of harmless) delete metadata[key]
  return { ...object, metadata }
}

const everything: ReadonlyArray<PolicyRule> = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"], resourceNames: [], nonResourceURLs: [] },
  { verbs: ["*"], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ["*"] },
]

const list = (name: string, values: ReadonlyArray<string>): ReadonlyArray<string> =>
  values.length === 0 ? [] : [`${name}:[${values.map((value) => JSON.stringify(value)).join(", ")}]`]

const ruleText = (rule: PolicyRule): string =>
  `{${[
    ...list("APIGroups", rule.apiGroups),
    ...list("Resources", rule.resources),
    ...list("ResourceNames", rule.resourceNames),
    ...list("NonResourceURLs", rule.nonResourceURLs),
    ...list("Verbs", rule.verbs),
  ].join(", ")}}`

const escalationText = (user: UserInfo, missing: ReadonlyArray<PolicyRule>): string => {
  const groups = user.groups.map((group) => JSON.stringify(group)).join(" ")
  const shown = missing.slice(0, rbacLimits.shownMax).map(ruleText)
  const rest = missing.length > shown.length ? [`and ${missing.length - shown.length} more`] : []
  return (
    `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently ` +
    `held:\n${[...shown, ...rest].join("\n")}`
  )
}

export interface EscalationOptions {
  readonly index: RoleIndex
  readonly authorizer: Authorizer
  /** Settles when everything written so far is in the index. */
  readonly fresh: () => Promise<unknown>
}

interface Asked {
  readonly verb: "escalate" | "bind"
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

export class EscalationCheck {
  readonly #index: RoleIndex
  readonly #authorizer: Authorizer
  readonly #fresh: EscalationOptions["fresh"]

  constructor({ index, authorizer, fresh }: EscalationOptions) {
    this.#fresh = fresh
    this.#index = index
    this.#authorizer = authorizer
  }

  /** Fails with `Forbidden`; of a binding also with `NotFound`, when its role is missing. */
  async admit(request: AdmissionRequest): Promise<void> {
    const { object, old, target, call } = request
    if (object === undefined || target.resource.group !== rbacGroup || isMaster(call.request.user)) return
    if (old !== undefined && equal(essence(object), essence(old))) return
    if (target.resource.plural.endsWith("bindings")) await this.#admitBinding(request, object)
    else await this.#admitRole(request, object)
  }

  async #may(user: UserInfo, asked: Asked): Promise<boolean> {
    const info = { type: "resource", group: rbacGroup, version: "v1", subresource: "", ...asked } as const
    return (await this.#authorizer.authorize({ user, info })).allowed
  }

  async #admitRole({ old, target, call }: AdmissionRequest, object: MutableObject): Promise<void> {
    const { user } = call.request
    const { plural: resource } = target.resource
    const { namespace } = target
    const name = stringOf(metadataOf(object), "name")
    if (await this.#may(user, { verb: "escalate", resource, namespace, name })) return
    const aggregates =
      isObject(object.aggregationRule) && !equal(object.aggregationRule, old?.aggregationRule)
    const wanted = [...parseRules(object.rules), ...(aggregates ? everything : [])]
    await this.#refuseUncovered({ target, call }, name, wanted)
  }

  async #admitBinding({ target, call }: AdmissionRequest, object: MutableObject): Promise<void> {
    const { user } = call.request
    const { namespace } = target
    const role = roleRefOf(object, namespace)
    const resource = role.kind === "Role" ? "roles" : "clusterroles"
    if (await this.#may(user, { verb: "bind", resource, namespace, name: role.name })) return
    const wanted = await this.#rulesOf(role)
    await this.#refuseUncovered({ target, call }, stringOf(metadataOf(object), "name"), wanted)
  }

  /** A role may have been made a moment ago, by another server even. */
  async #rulesOf(role: RoleRef): Promise<ReadonlyArray<PolicyRule>> {
    if (this.#index.rulesOf(role) === undefined) await this.#fresh()
    const rules = this.#index.rulesOf(role)
    if (rules !== undefined) return rules
    const plural = role.kind === "Role" ? "roles" : "clusterroles"
    throw notFound({ group: rbacGroup, plural, kind: role.kind, name: role.name })
  }

  /** What has been given a moment ago counts: nobody is refused by a cache that is behind. */
  async #refuseUncovered(
    { target, call }: Pick<AdmissionRequest, "target" | "call">,
    name: string,
    wanted: ReadonlyArray<PolicyRule>,
  ): Promise<void> {
    const { user } = call.request
    const missing = () => uncovered(this.#index.rulesFor(user, target.namespace), wanted)
    if (missing().length === 0) return
    await this.#fresh()
    const still = missing()
    if (still.length === 0) return
    throw forbidden(target.resource.subject(name), escalationText(user, still))
  }
}
