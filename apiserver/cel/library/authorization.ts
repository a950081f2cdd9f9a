/** Questions to authorizers. Source: Kubernetes' authorization library. */
import { dnsLabelProblem, dnsSubdomainProblem } from "../../schema/index.ts"
import {
  AuthorizerValue,
  DecisionValue,
  GroupCheckValue,
  PathCheckValue,
  ResourceCheckValue,
  type ResourceQuestion,
} from "../authorizer-value.ts"
import { type Functions, member, type Overload } from "../environment.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import { textOf } from "../narrowing.ts"
import * as t from "../type.ts"
import type { Value } from "../value.ts"

export const authorizerType = t.opaque("kubernetes.authorization.Authorizer")
const pathCheck = t.opaque("kubernetes.authorization.PathCheck")
const groupCheck = t.opaque("kubernetes.authorization.GroupCheck")
export const resourceCheckType = t.opaque("kubernetes.authorization.ResourceCheck")
const decision = t.opaque("kubernetes.authorization.Decision")

const narrowed = <T extends Value>(value: Value, kind: abstract new (...args: never[]) => T): T => {
  if (value instanceof kind) return value
  throw noSuchOverload()
}

const nonEmpty = (what: string, value: Value): string => {
  const text = textOf(value)
  if (text.trim() === "") throw new EvaluationError(`${what} must not be empty`)
  return text
}

const serviceAccount = (authorizer: Value, namespace: Value, name: Value): Value => {
  if (dnsSubdomainProblem(textOf(name)) !== undefined)
    throw new EvaluationError("Invalid service account name")
  if (dnsLabelProblem(textOf(namespace)) !== undefined) {
    throw new EvaluationError("Invalid service account namespace")
  }
  return new AuthorizerValue(narrowed(authorizer, AuthorizerValue).ask, {
    namespace: textOf(namespace),
    name: textOf(name),
  })
}

const resourceOf = (check: Value, resource: Value): Value => {
  const { authorizer, group } = narrowed(check, GroupCheckValue)
  const rest = { subresource: "", namespace: "", name: "", fieldSelector: "", labelSelector: "" }
  return new ResourceCheckValue(authorizer, { group, resource: nonEmpty("resource", resource), ...rest })
}

const narrowing = (id: string, key: keyof ResourceQuestion): ReadonlyArray<Overload> => [
  member(id, [resourceCheckType, resourceCheckType, t.string], (check, text) => {
    const { authorizer, question } = narrowed(check, ResourceCheckValue)
    return new ResourceCheckValue(authorizer, { ...question, [key]: textOf(text) })
  }),
]

const checkPath = (check: Value, verb: Value): Value => {
  const { authorizer, path } = narrowed(check, PathCheckValue)
  return authorizer.decide({ verb: textOf(verb), path })
}

const checkResource = (check: Value, verb: Value): Value => {
  const { authorizer, question } = narrowed(check, ResourceCheckValue)
  return authorizer.decide({ verb: textOf(verb), resource: question })
}

const answer = (value: Value): DecisionValue["answer"] => narrowed(value, DecisionValue).answer

export const authorization: Functions = {
  path: [
    member(
      "authorizer_path",
      [pathCheck, authorizerType, t.string],
      (authorizer, path) => new PathCheckValue(narrowed(authorizer, AuthorizerValue), nonEmpty("path", path)),
    ),
  ],
  group: [
    member(
      "authorizer_group",
      [groupCheck, authorizerType, t.string],
      (authorizer, group) => new GroupCheckValue(narrowed(authorizer, AuthorizerValue), textOf(group)),
    ),
  ],
  serviceAccount: [
    member("authorizer_serviceaccount", [authorizerType, authorizerType, t.string, t.string], serviceAccount),
  ],
  resource: [member("groupcheck_resource", [resourceCheckType, groupCheck, t.string], resourceOf)],
  subresource: narrowing("resourcecheck_subresource", "subresource"),
  namespace: narrowing("resourcecheck_namespace", "namespace"),
  name: narrowing("resourcecheck_name", "name"),
  fieldSelector: narrowing("authorizer_fieldselector", "fieldSelector"),
  labelSelector: narrowing("authorizer_labelselector", "labelSelector"),
  check: [
    member("pathcheck_check", [decision, pathCheck, t.string], checkPath),
    member("resourcecheck_check", [decision, resourceCheckType, t.string], checkResource),
  ],
  allowed: [member("decision_allowed", [t.bool, decision], (value) => answer(value).allowed)],
  reason: [member("decision_reason", [t.string, decision], (value) => answer(value).reason)],
  errored: [member("decision_errored", [t.bool, decision], (value) => answer(value).error !== undefined)],
  error: [member("decision_error", [t.string, decision], (value) => answer(value).error ?? "")],
}
