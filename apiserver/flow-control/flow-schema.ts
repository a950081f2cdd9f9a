/** A FlowSchema as the classifier needs it, and whether a request is one of its. Source: util/flowcontrol rule.go. */
import type { AccessRequest } from "../authorizer.ts"
import { isObject } from "../body-object.ts"
import type { UserInfo } from "../exchange.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { coversPath, serviceAccountName } from "../rbac/index.ts"
import { metadataOf, nameOf, stringOf } from "../registry/object-meta.ts"

type Subject = (user: UserInfo) => boolean
type Action = (request: AccessRequest) => boolean

interface FlowRule {
  readonly subjects: ReadonlyArray<Subject>
  readonly actions: ReadonlyArray<Action>
}

export interface FlowSchema {
  readonly name: string
  readonly uid: string
  readonly level: string
  readonly precedence: number
  readonly distinguisher: "ByUser" | "ByNamespace" | undefined
  readonly rules: ReadonlyArray<FlowRule>
}

const objectsAt = (map: MutableObject, key: string): ReadonlyArray<MutableObject> => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return Array.isArray(value) ? value.filter(isObject) : []
}

const textsOf = (value: MutableJson | undefined): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : []

const partOf = (map: MutableObject, key: string): MutableObject => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return isObject(value) ? value : {}
}

const has = (list: ReadonlyArray<string>, value: string): boolean =>
  list.includes("*") || list.includes(value)

const subjectOf = (subject: MutableObject): Subject => {
  switch (stringOf(subject, "kind")) {
    case "User": {
      const name = stringOf(partOf(subject, "user"), "name")
      return (user) => name === "*" || user.name === name
    }
    case "Group": {
      const name = stringOf(partOf(subject, "group"), "name")
      return (user) => name === "*" || user.groups.includes(name)
    }
    case "ServiceAccount": {
      const account = partOf(subject, "serviceAccount")
      const name = stringOf(account, "name")
      const full = serviceAccountName(stringOf(account, "namespace"), name)
      const prefix = serviceAccountName(stringOf(account, "namespace"), "")
      return name === "*" ? (user) => user.name.startsWith(prefix) : (user) => user.name === full
    }
    default:
      return () => false
  }
}

const resourceAction = (rule: MutableObject): Action => {
  const verbs = textsOf(rule.verbs)
  const groups = textsOf(rule.apiGroups)
  const resources = textsOf(rule.resources)
  const namespaces = textsOf(rule.namespaces)
  const clusterScope = rule.clusterScope === true
  return (request) => {
    if (request.type !== "resource") return false
    const { resource, subresource } = request
    const asked = subresource === "" ? resource : `${resource}/${subresource}`
    if (!has(verbs, request.verb) || !has(groups, request.group) || !has(resources, asked)) return false
    return request.namespace === "" ? clusterScope : has(namespaces, request.namespace)
  }
}

const pathAction = (rule: MutableObject): Action => {
  const verbs = textsOf(rule.verbs)
  const urls = textsOf(rule.nonResourceURLs)
  return (request) => request.type === "path" && has(verbs, request.verb) && coversPath(urls, request.path)
}

const ruleOf = (rule: MutableObject): FlowRule => ({
  subjects: objectsAt(rule, "subjects").map(subjectOf),
  actions: [
    ...objectsAt(rule, "resourceRules").map(resourceAction),
    ...objectsAt(rule, "nonResourceRules").map(pathAction),
  ],
})

export const parseFlowSchema = (object: MutableObject): FlowSchema => {
  const spec = partOf(object, "spec")
  const method = stringOf(partOf(spec, "distinguisherMethod"), "type")
  return {
    name: nameOf(object),
    uid: stringOf(metadataOf(object), "uid"),
    level: stringOf(partOf(spec, "priorityLevelConfiguration"), "name"),
    precedence: typeof spec.matchingPrecedence === "number" ? spec.matchingPrecedence : 1_000,
    distinguisher: method === "ByUser" || method === "ByNamespace" ? method : undefined,
    rules: objectsAt(spec, "rules").map(ruleOf),
  }
}

/** The order in which they are asked: by precedence, then by name. */
export const bySchemaOrder = (a: FlowSchema, b: FlowSchema): number =>
  a.precedence - b.precedence || (a.name < b.name ? -1 : 1)

export const matchesSchema = (schema: FlowSchema, user: UserInfo, request: AccessRequest): boolean =>
  schema.rules.some(
    ({ subjects, actions }) =>
      subjects.some((matches) => matches(user)) && actions.some((matches) => matches(request)),
  )

/** What tells the flows of a schema apart. */
export const flowOf = (schema: FlowSchema, user: UserInfo, request: AccessRequest): string => {
  switch (schema.distinguisher) {
    case "ByUser":
      return `${schema.name}\0${user.name}`
    case "ByNamespace":
      return `${schema.name}\0${request.type === "resource" ? request.namespace : ""}`
    default:
      return schema.name
  }
}
