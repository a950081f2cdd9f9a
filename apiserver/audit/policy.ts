/** Audit policies (audit.k8s.io/v1 Policy): the first rule that matches a request says how much is written of it. */
import { parse } from "yaml"
import type { Json, JsonObject } from "../../schemas/index.ts"
import type { AccessRequest } from "../authorizer.ts"
import type { UserInfo } from "../exchange.ts"
import { isArray, isObject } from "../json/index.ts"
import { coversPath, coversResource } from "../rbac/index.ts"
import { auditLimits } from "./limits.ts"

export const auditLevels = ["None", "Metadata", "Request", "RequestResponse"] as const
export type AuditLevel = (typeof auditLevels)[number]

export const auditStages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const
export type AuditStage = (typeof auditStages)[number]

interface GroupResources {
  readonly group: string
  readonly resources: ReadonlyArray<string>
  readonly names: ReadonlyArray<string>
}

interface AuditRule {
  readonly level: AuditLevel
  readonly users: ReadonlyArray<string>
  readonly userGroups: ReadonlyArray<string>
  readonly verbs: ReadonlyArray<string>
  readonly resources: ReadonlyArray<GroupResources>
  readonly namespaces: ReadonlyArray<string>
  readonly nonResourceURLs: ReadonlyArray<string>
  readonly omitStages: ReadonlySet<AuditStage>
  readonly omitManagedFields: boolean
}

export interface AuditPolicy {
  readonly rules: ReadonlyArray<AuditRule>
}

/** What is to be written of one request. */
export interface AuditDecision {
  readonly level: AuditLevel
  readonly omitStages: ReadonlySet<AuditStage>
  readonly omitManagedFields: boolean
}

/** Why a policy cannot be used: a sentence that says where. */
export class AuditPolicyError extends Error {
  override readonly name = "AuditPolicyError"
  readonly reason = "InvalidPolicy"
}

const refuse = (where: string, why: string): never => {
  throw new AuditPolicyError(`the audit policy cannot be used: ${where} ${why}`)
}

const textsAt = (map: JsonObject, key: string, where: string): ReadonlyArray<string> => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  if (value === undefined || value === null) return []
  if (isArray(value) && value.every((item): item is string => typeof item === "string")) return value
  return refuse(`${where}.${key}`, "must be a list of texts")
}

const stagesAt = (map: JsonObject, where: string): ReadonlyArray<AuditStage> =>
  textsAt(map, "omitStages", where).map((name) => {
    const stage = auditStages.find((known) => known === name)
    return stage ?? refuse(`${where}.omitStages`, `must be of ${auditStages.join(", ")}`)
  })

const listAt = (map: JsonObject, key: string, where: string): ReadonlyArray<Json> => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  if (value === undefined || value === null) return []
  return isArray(value) ? value : refuse(`${where}.${key}`, "must be a list")
}

const groupResources = (value: Json, where: string): GroupResources => {
  if (!isObject(value)) return refuse(where, "must be an object")
  return {
    group: typeof value.group === "string" ? value.group : "",
    resources: textsAt(value, "resources", where),
    names: textsAt(value, "resourceNames", where),
  }
}

interface Defaults {
  readonly stages: ReadonlyArray<AuditStage>
  readonly omitManagedFields: boolean
}

const ruleOf = (value: Json, where: string, defaults: Defaults): AuditRule => {
  if (!isObject(value)) return refuse(where, "must be an object")
  const level = auditLevels.find((known) => known === value.level)
  if (level === undefined) return refuse(`${where}.level`, `must be one of ${auditLevels.join(", ")}`)
  const resources = listAt(value, "resources", where)
  const nonResourceURLs = textsAt(value, "nonResourceURLs", where)
  if (nonResourceURLs.length > 0 && resources.length > 0)
    return refuse(where, "may not be about resources and nonResourceURLs at once")
  return {
    level,
    users: textsAt(value, "users", where),
    userGroups: textsAt(value, "userGroups", where),
    verbs: textsAt(value, "verbs", where),
    resources: resources.map((item, index) => groupResources(item, `${where}.resources[${index}]`)),
    namespaces: textsAt(value, "namespaces", where),
    nonResourceURLs,
    omitStages: new Set([...defaults.stages, ...stagesAt(value, where)]),
    omitManagedFields:
      typeof value.omitManagedFields === "boolean" ? value.omitManagedFields : defaults.omitManagedFields,
  }
}

/** Reads a policy file in YAML or JSON. Fails with AuditPolicyError. */
export const parseAuditPolicy = (text: string): AuditPolicy => {
  let policy: Json
  try {
    policy = parse(text, { schema: "core", maxAliasCount: 100 })
  } catch (cause) {
    throw new AuditPolicyError(
      `the audit policy is no YAML: ${cause instanceof Error ? cause.message : cause}`,
    )
  }
  if (!isObject(policy)) return refuse("it", "must be an object")
  if (policy.apiVersion !== "audit.k8s.io/v1" || policy.kind !== "Policy")
    return refuse("it", "must be a Policy of audit.k8s.io/v1")
  const defaults = {
    stages: stagesAt(policy, "policy"),
    omitManagedFields: policy.omitManagedFields === true,
  }
  const rules = listAt(policy, "rules", "policy")
  if (rules.length === 0) return refuse("rules", "must name at least one rule")
  if (rules.length > auditLimits.rulesMax) return refuse("rules", `may be at most ${auditLimits.rulesMax}`)
  return { rules: rules.map((rule, index) => ruleOf(rule, `rules[${index}]`, defaults)) }
}

const any = (list: ReadonlyArray<string>, value: string): boolean => list.length === 0 || list.includes(value)

const matchesUser = ({ users, userGroups }: AuditRule, user: UserInfo): boolean =>
  any(users, user.name) &&
  (userGroups.length === 0 || userGroups.some((group) => user.groups.includes(group)))

const named = (
  rule: AuditRule,
  { group, resource, subresource, name }: Extract<AccessRequest, { type: "resource" }>,
): GroupResources | undefined =>
  rule.resources.find(
    (item) =>
      item.group === group &&
      (item.resources.length === 0 || coversResource(item.resources, resource, subresource)) &&
      any(item.names, name),
  )

const matchesRequest = (rule: AuditRule, request: AccessRequest): boolean => {
  if (!any(rule.verbs, request.verb)) return false
  const paths = rule.nonResourceURLs
  const onlyResources = rule.resources.length > 0 || rule.namespaces.length > 0
  if (request.type === "path")
    return !onlyResources && (paths.length === 0 || coversPath(paths, request.path))
  if (paths.length > 0) return false
  return (
    any(rule.namespaces, request.namespace) &&
    (rule.resources.length === 0 || named(rule, request) !== undefined)
  )
}

/** Resources whose bodies hold secrets, by group. */
const secretive: { readonly [resource: string]: string } = {
  secrets: "",
  "serviceaccounts/token": "",
  tokenreviews: "authentication.k8s.io",
  transactions: "meta.miren.dev",
}

/** A rule that says of secrets that their bodies are written must name them: a star does not. */
const cappedLevel = (rule: AuditRule, request: AccessRequest): AuditLevel => {
  if (request.type === "path" || rule.level === "None") return rule.level
  const { resource, subresource, group } = request
  const asked = subresource === "" ? resource : `${resource}/${subresource}`
  const bodies = Object.hasOwn(secretive, asked) ? asked : resource
  if (!Object.hasOwn(secretive, bodies) || secretive[bodies] !== group) return rule.level
  const explicit = rule.resources.some((item) => item.group === group && item.resources.includes(asked))
  return explicit ? rule.level : "Metadata"
}

/** What is written of a request; undefined is nothing. */
export const decideAudit = (
  policy: AuditPolicy,
  user: UserInfo,
  request: AccessRequest,
): AuditDecision | undefined => {
  const rule = policy.rules.find(
    (candidate) => matchesUser(candidate, user) && matchesRequest(candidate, request),
  )
  if (rule === undefined || rule.level === "None") return undefined
  const { omitStages, omitManagedFields } = rule
  return { level: cappedLevel(rule, request), omitStages, omitManagedFields }
}
