/** Which operations on which resources a webhook or a policy is about. Source: admission/plugin/webhook/predicates/rules. */
import type { MutableObject } from "../machinery.ts"
import { stringsIn } from "../open-fields.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Resource } from "../resource.ts"

export interface Rule {
  readonly operations: ReadonlyArray<string>
  readonly groups: ReadonlyArray<string>
  readonly versions: ReadonlyArray<string>
  readonly resources: ReadonlyArray<readonly [resource: string, subresource: string]>
  readonly scope: string
  /** Empty: any. */
  readonly names: ReadonlyArray<string>
}

/** A request as rules see it: all requests with equal ones are about the same webhooks. */
export interface RequestKind {
  readonly operation: string
  readonly resource: Resource
  readonly version: string
  readonly subresource: string
}

const splitResource = (text: string): readonly [string, string] => {
  const slash = text.indexOf("/")
  return slash < 0 ? [text, ""] : [text.slice(0, slash), text.slice(slash + 1)]
}

export const ruleOf = (rule: MutableObject): Rule => ({
  operations: stringsIn(rule, "operations"),
  groups: stringsIn(rule, "apiGroups"),
  versions: stringsIn(rule, "apiVersions"),
  resources: stringsIn(rule, "resources").map(splitResource),
  scope: stringOf(rule, "scope") || "*",
  names: stringsIn(rule, "resourceNames"),
})

const has = (values: ReadonlyArray<string>, value: string): boolean =>
  values.includes("*") || values.includes(value)

/** Whether a rule is about requests of a kind; names aside. */
export const ruleMatches = (
  rule: Rule,
  { operation, resource, version, subresource }: RequestKind,
): boolean =>
  has(rule.operations, operation) &&
  has(rule.groups, resource.group) &&
  has(rule.versions, version) &&
  (rule.scope === "*" || (rule.scope === "Namespaced") === resource.namespaced) &&
  rule.resources.some(
    ([plural, sub]) => (plural === "*" || plural === resource.plural) && (sub === "*" || sub === subresource),
  )

/** Whether a matching rule is about an object of this name. */
export const ruleNames = ({ names }: Rule, name: string): boolean =>
  names.length === 0 || names.includes(name)
