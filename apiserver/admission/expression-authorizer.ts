/** `authorizer` in expressions: the server's authorizer, asked about the user of the request. */
import type { Authorizer, Decision } from "../authorizer.ts"
import {
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  AuthorizerValue,
  ResourceCheckValue,
} from "../cel/index.ts"
import type { UserInfo } from "../exchange.ts"
import type { Attributes } from "./attributes.ts"

const serviceAccountUser = ({
  namespace,
  name,
}: {
  readonly namespace: string
  readonly name: string
}): UserInfo => ({
  name: `system:serviceaccount:${namespace}:${name}`,
  groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
})

const ask = (
  authorizer: Authorizer,
  user: UserInfo,
  { verb, path, resource }: AuthorizationQuestion,
): Decision | Promise<Decision> => {
  const common = { verb, path: path ?? "", query: new URLSearchParams(), method: "" }
  if (resource === undefined)
    return authorizer.authorize({ user, info: { ...common, type: "path", parts: [] } })
  const { group, subresource, namespace, name } = resource
  const asked = { group, version: "*", resource: resource.resource, subresource, namespace, name }
  return authorizer.authorize({ user, info: { ...common, ...asked, type: "resource" } })
}

const answer = (decision: Decision | Promise<Decision>): AuthorizationAnswer => {
  if (decision instanceof Promise)
    return { allowed: false, reason: "", error: "the authorizer does not answer at once" }
  return decision.allowed ? { allowed: true, reason: "" } : decision
}

export interface ExpressionAuthorizers {
  readonly authorizer: AuthorizerValue
  /** `authorizer.requestResource` */
  readonly requestResource: ResourceCheckValue
}

export const authorizersOf = (authorizer: Authorizer, attributes: Attributes): ExpressionAuthorizers => {
  const { target, call } = attributes.request
  const value = new AuthorizerValue((question) => {
    const { serviceAccount } = question
    const user = serviceAccount === undefined ? call.request.user : serviceAccountUser(serviceAccount)
    return answer(ask(authorizer, user, question))
  })
  const { resource, subresource } = target
  const requestResource = new ResourceCheckValue(value, {
    group: resource.group,
    resource: resource.plural,
    subresource,
    namespace: target.namespace,
    name: attributes.name,
    fieldSelector: "",
    labelSelector: "",
  })
  return { authorizer: value, requestResource }
}
