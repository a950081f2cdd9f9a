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
  if (resource === undefined)
    return authorizer.authorize({ user, info: { type: "path", verb, path: path ?? "" } })
  const { fieldSelector: _, labelSelector: __, ...asked } = resource
  return authorizer.authorize({ user, info: { type: "resource", verb, version: "*", ...asked } })
}

const answer = (decision: Decision | Promise<Decision>): AuthorizationAnswer => {
  if (decision instanceof Promise)
    return { allowed: false, reason: "", error: "the authorizer does not answer at once" }
  return { allowed: decision.allowed, reason: decision.reason ?? "" }
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
