/** What a webhook configuration must be beyond its schema. Source: admissionregistration/validation. */
import { equal } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import { stringOf } from "../registry/object-meta.ts"
import { invalid, required } from "../schema/field-error.ts"
import { dnsSubdomainProblem } from "../schema/index.ts"
import { clientConfigErrors } from "./client-config.ts"
import { matchConditionErrors } from "./condition-errors.ts"
import { limits } from "./limits.ts"
import { conditionScope } from "./match-conditions.ts"
import { ruleErrors } from "./rule-errors.ts"
import { selectorErrors } from "./selector.ts"

/** AdmissionReview versions that may be named; `v1` is the one that is spoken. */
const spoken = "v1"

const nameErrors = (name: string, field: string): ReadonlyArray<FieldError> => {
  if (name === "") return [required(field)]
  const problem = dnsSubdomainProblem(name)
  if (problem !== undefined) return [invalid(field, name, problem)]
  return name.split(".").length < 3
    ? [invalid(field, name, "should be a domain with at least three segments separated by dots")]
    : []
}

const versionErrors = (versions: ReadonlyArray<string>, field: string): ReadonlyArray<FieldError> => {
  if (versions.length === 0) return [required(field, `must specify one of ${spoken}`)]
  const seen = new Set<string>()
  const errors = versions.flatMap((version, index) => {
    if (seen.has(version)) return [invalid(`${field}[${index}]`, version, "duplicate version")]
    seen.add(version)
    return []
  })
  return versions.includes(spoken)
    ? errors
    : [...errors, invalid(field, [...versions], `must include at least one of ${spoken}`)]
}

const timeoutErrors = (timeout: unknown, field: string): ReadonlyArray<FieldError> => {
  if (typeof timeout !== "number") return []
  if (timeout >= limits.timeoutSecondsMin && timeout <= limits.timeoutSecondsMax) return []
  return [invalid(field, timeout, "the timeout value must be between 1 and 30 seconds")]
}

const webhookErrors = (webhook: MutableObject, field: string, sameConditions: boolean) => [
  ...nameErrors(stringOf(webhook, "name"), `${field}.name`),
  ...objectsIn(webhook, "rules").flatMap((rule, index) => ruleErrors(rule, `${field}.rules[${index}]`)),
  ...timeoutErrors(webhook.timeoutSeconds, `${field}.timeoutSeconds`),
  ...selectorErrors(objectIn(webhook, "namespaceSelector"), `${field}.namespaceSelector`),
  ...selectorErrors(objectIn(webhook, "objectSelector"), `${field}.objectSelector`),
  ...clientConfigErrors(objectIn(webhook, "clientConfig"), `${field}.clientConfig`),
  ...(sameConditions
    ? []
    : matchConditionErrors(
        objectsIn(webhook, "matchConditions"),
        `${field}.matchConditions`,
        conditionScope(false),
      )),
  ...versionErrors(stringsIn(webhook, "admissionReviewVersions"), `${field}.admissionReviewVersions`),
]

/** All errors of a configuration; conditions that are what they were may stay, whatever the language has become. */
export const configurationErrors = (
  configuration: MutableObject,
  old: MutableObject | undefined,
): ReadonlyArray<FieldError> => {
  const before = old === undefined ? [] : objectsIn(old, "webhooks")
  return objectsIn(configuration, "webhooks").flatMap((webhook, index) => {
    const { matchConditions: was = [] } = before[index] ?? {}
    const { matchConditions: is = [] } = webhook
    return webhookErrors(webhook, `webhooks[${index}]`, before[index] !== undefined && equal(was, is))
  })
}
