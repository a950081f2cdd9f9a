/**
 * The keeper of aggregated ClusterRoles: writes into `rules` what the ClusterRoles that they select give, in the order of
 * names. It runs in every server; all write the same, so it does not matter which is first.
 */
import { isObject } from "../body-object.ts"
import { equal } from "../json/index.ts"
import { LevelWorker } from "../level-worker.ts"
import { MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { nameOf, stringOf } from "../registry/object-meta.ts"
import { changeByServer } from "../registry/server-write.ts"
import type { Resource } from "../resource.ts"
import { parseLabelSelector } from "../selectors/index.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { parseRules, rbacGroup, ruleDocument } from "./policy-rule.ts"

const everyRole = "clusterroles"

const textOf = (expression: MutableObject): string => {
  const key = stringOf(expression, "key")
  const values = Array.isArray(expression.values) ? expression.values.map(String).join(",") : ""
  switch (stringOf(expression, "operator")) {
    case "In":
      return `${key} in (${values})`
    case "NotIn":
      return `${key} notin (${values})`
    case "Exists":
      return key
    case "DoesNotExist":
      return `!${key}`
    default:
      throw new MachineryError("Invalid", "the operator of a label selector is not known")
  }
}

/** Whether a LabelSelector object selects the labels; one that cannot be read selects nothing. */
const selects = (selector: MutableObject, labels: CachedObject["labels"]): boolean => {
  const matches = isObject(selector.matchLabels) ? Object.entries(selector.matchLabels) : []
  const expressions = Array.isArray(selector.matchExpressions)
    ? selector.matchExpressions.filter(isObject)
    : []
  try {
    const text = [...matches.map(([key, value]) => `${key}=${value}`), ...expressions.map(textOf)].join(",")
    return parseLabelSelector(text)(labels)
  } catch {
    return false
  }
}

/** The selectors of a role's aggregationRule; undefined when it has none. */
const selectorsOf = (role: MutableObject): ReadonlyArray<MutableObject> | undefined => {
  if (!isObject(role.aggregationRule)) return undefined
  const { clusterRoleSelectors } = role.aggregationRule
  return Array.isArray(clusterRoleSelectors) ? clusterRoleSelectors.filter(isObject) : []
}

/** The rules that a role aggregates: each once, its own never. */
export const aggregatedRules = (
  role: MutableObject,
  roles: ReadonlyArray<CachedObject>,
): ReadonlyArray<MutableObject> => {
  const selectors = selectorsOf(role) ?? []
  const rules = new Map<string, MutableObject>()
  for (const candidate of roles) {
    if (candidate.name === nameOf(role)) continue
    if (!selectors.some((selector) => selects(selector, candidate.labels))) continue
    for (const rule of parseRules(decodeDocument(candidate.bytes).rules)) {
      const document = ruleDocument(rule)
      rules.set(JSON.stringify(document), document)
    }
  }
  return [...rules.values()]
}

const normalized = (rules: MutableJson | undefined): MutableJson => parseRules(rules).map(ruleDocument)

export interface AggregationOptions {
  readonly context: RegistryContext
  readonly onFault: (message: string, cause: unknown) => void
}

export class RoleAggregation {
  readonly #context: RegistryContext
  readonly #worker: LevelWorker

  constructor({ context, onFault }: AggregationOptions) {
    this.#context = context
    this.#worker = new LevelWorker({
      ambient: context.ambient,
      does: "the aggregation of ClusterRoles",
      reconcile: () => this.#reconcile(),
      onFault,
    })
  }

  /** Some ClusterRole has changed. */
  changed(): void {
    this.#worker.enqueue(everyRole)
  }

  idle(): Promise<void> {
    return this.#worker.idle()
  }

  close(): void {
    this.#worker.close()
  }

  #roles(): { readonly resource: Resource; readonly roles: ReadonlyArray<CachedObject> } | undefined {
    const resource = this.#context.resources.get(`${rbacGroup}/${everyRole}`)
    const cache = resource === undefined ? undefined : this.#context.cache.find(resource)
    if (resource === undefined || cache === undefined) return undefined
    return { resource, roles: [...cache.all()] }
  }

  async #reconcile(): Promise<void> {
    const found = this.#roles()
    if (found === undefined) return
    for (const { name, bytes } of found.roles) {
      const role = decodeDocument(bytes)
      if (selectorsOf(role) === undefined) continue
      const rules = aggregatedRules(role, found.roles)
      if (equal(normalized(role.rules), [...rules])) continue
      await changeByServer(this.#context, {
        resource: found.resource,
        name,
        subresource: "",
        change: (current) => {
          current.rules = [...rules]
        },
      })
    }
  }
}
