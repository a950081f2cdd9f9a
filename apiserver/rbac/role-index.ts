/**
 * Roles and bindings as the authorizer needs them: rules parsed, bindings found by subject. Kept in step with the watch
 * cache by its events, so that a request looks only at the bindings of its own user and groups.
 */
import { isObject } from "../body-object.ts"
import type { UserInfo } from "../exchange.ts"
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { type PolicyRule, parseRules } from "./policy-rule.ts"

/** `roles.rbac.authorization.k8s.io "n"`: which role a binding gives. */
export interface RoleRef {
  readonly kind: string
  readonly name: string
  /** "" of a ClusterRole. */
  readonly namespace: string
}

export interface Binding {
  readonly namespace: string
  readonly name: string
  readonly role: RoleRef
  /** `User:jane`, `Group:admins`; ServiceAccounts by their user name. */
  readonly subjects: ReadonlyArray<string>
}

/** A binding that concerns a user, through which subject, and the rules that it gives; undefined when its role is missing. */
export interface Grant {
  readonly binding: Binding
  readonly subject: string
  readonly rules: ReadonlyArray<PolicyRule> | undefined
}

export const serviceAccountName = (namespace: string, name: string): string =>
  `system:serviceaccount:${namespace}:${name}`

const subjectKey = (subject: MutableObject, namespace: string): string | undefined => {
  const name = stringOf(subject, "name")
  switch (stringOf(subject, "kind")) {
    case "User":
      return `User:${name}`
    case "Group":
      return `Group:${name}`
    case "ServiceAccount":
      return `User:${serviceAccountName(stringOf(subject, "namespace") || namespace, name)}`
    default:
      return undefined
  }
}

export const roleRefOf = (binding: MutableObject, namespace: string): RoleRef => {
  const reference = isObject(binding.roleRef) ? binding.roleRef : {}
  const kind = stringOf(reference, "kind")
  return { kind, name: stringOf(reference, "name"), namespace: kind === "Role" ? namespace : "" }
}

const roleKey = (namespace: string, name: string): string => `${namespace}/${name}`

const none: ReadonlyArray<Binding> = []

export class RoleIndex {
  readonly #roles = new Map<string, ReadonlyArray<PolicyRule>>()
  readonly #bindings = new Map<string, Binding>()
  /** Bindings of a subject by namespace; "" for those in the whole cluster. */
  readonly #bySubject = new Map<string, Map<string, Binding[]>>()

  clear(): void {
    this.#roles.clear()
    this.#bindings.clear()
    this.#bySubject.clear()
  }

  /** Takes up a Role or, in namespace "", a ClusterRole; undefined forgets it. */
  setRole(namespace: string, name: string, role: MutableObject | undefined): void {
    const key = roleKey(namespace, name)
    if (role === undefined) this.#roles.delete(key)
    else this.#roles.set(key, parseRules(role.rules))
  }

  /** Takes up a RoleBinding or, in namespace "", a ClusterRoleBinding; undefined forgets it. */
  setBinding(namespace: string, name: string, object: MutableObject | undefined): void {
    const key = roleKey(namespace, name)
    const old = this.#bindings.get(key)
    if (old !== undefined) this.#unlink(old)
    this.#bindings.delete(key)
    if (object === undefined) return
    const listed = Array.isArray(object.subjects) ? object.subjects.filter(isObject) : []
    const subjects = listed.flatMap((subject) => subjectKey(subject, namespace) ?? [])
    const binding = {
      namespace,
      name,
      role: roleRefOf(object, namespace),
      subjects: [...new Set(subjects)],
    }
    this.#bindings.set(key, binding)
    this.#link(binding)
  }

  #link(binding: Binding): void {
    for (const subject of binding.subjects) {
      let places = this.#bySubject.get(subject)
      if (places === undefined) {
        places = new Map()
        this.#bySubject.set(subject, places)
      }
      places.set(binding.namespace, [...(places.get(binding.namespace) ?? none), binding])
    }
  }

  #unlink(binding: Binding): void {
    for (const subject of binding.subjects) {
      const places = this.#bySubject.get(subject)
      const left = places?.get(binding.namespace)?.filter((other) => other !== binding) ?? none
      if (left.length > 0) places?.set(binding.namespace, [...left])
      else places?.delete(binding.namespace)
      if (places?.size === 0) this.#bySubject.delete(subject)
    }
  }

  /** The rules of a role; undefined when it is missing. */
  rulesOf({ namespace, name }: RoleRef): ReadonlyArray<PolicyRule> | undefined {
    return this.#roles.get(roleKey(namespace, name))
  }

  /** What a user has been given: in the whole cluster, and in the namespace where one is named. */
  *grants(user: UserInfo, namespace: string): Generator<Grant> {
    const subjects = [`User:${user.name}`, ...user.groups.map((group) => `Group:${group}`)]
    for (const place of namespace === "" ? [""] : ["", namespace]) {
      for (const subject of subjects) {
        for (const binding of this.#bySubject.get(subject)?.get(place) ?? none) {
          yield { binding, subject, rules: this.rulesOf(binding.role) }
        }
      }
    }
  }

  /** Every rule that a user has in a namespace, or in the whole cluster. */
  rulesFor(user: UserInfo, namespace: string): ReadonlyArray<PolicyRule> {
    return [...this.grants(user, namespace)].flatMap(({ rules }) => rules ?? [])
  }
}
