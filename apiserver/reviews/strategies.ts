/** How reviews are answered: by the user of the request and the server's authorizer. */
import type { Asked, Authorizer } from "../authorizer.ts"
import { isObject } from "../body-object.ts"
import type { UserInfo } from "../exchange.ts"
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { badRequest } from "../status-error.ts"
import { customStrategy, type Strategy } from "../strategy.ts"

const specOf = (review: MutableObject): MutableObject => (isObject(review.spec) ? review.spec : {})

const userInfo = (user: UserInfo): MutableObject => ({
  username: user.name,
  ...(user.uid === undefined ? {} : { uid: user.uid }),
  groups: [...user.groups],
  ...(user.extra === undefined
    ? {}
    : { extra: Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]])) }),
})

const resourceAsked = (attributes: MutableObject): Asked => ({
  type: "resource",
  path: "",
  method: "",
  query: new URLSearchParams(),
  verb: stringOf(attributes, "verb"),
  group: stringOf(attributes, "group"),
  version: stringOf(attributes, "version"),
  resource: stringOf(attributes, "resource"),
  namespace: stringOf(attributes, "namespace"),
  name: stringOf(attributes, "name"),
  subresource: stringOf(attributes, "subresource"),
})

const pathAsked = (attributes: MutableObject): Asked => {
  const path = stringOf(attributes, "path")
  return {
    type: "path",
    path,
    parts: path.split("/").filter((part) => part !== ""),
    method: "",
    query: new URLSearchParams(),
    verb: stringOf(attributes, "verb"),
  }
}

/** Fails with `BadRequest` when it asks for nothing, or for both. */
const askedIn = (review: MutableObject): Asked => {
  const { resourceAttributes, nonResourceAttributes } = specOf(review)
  if (isObject(resourceAttributes) === isObject(nonResourceAttributes)) {
    throw badRequest(
      "exactly one of spec.resourceAttributes and spec.nonResourceAttributes must be specified",
    )
  }
  if (isObject(resourceAttributes)) return resourceAsked(resourceAttributes)
  return pathAsked(isObject(nonResourceAttributes) ? nonResourceAttributes : {})
}

const accessReview =
  (authorizer: Authorizer): Strategy["answer"] =>
  async (review, { user }) => {
    const decision = await authorizer.authorize({ user, info: askedIn(review) })
    const reason = decision.allowed ? "" : decision.reason
    review.status = { allowed: decision.allowed, ...(reason === "" ? {} : { reason }) }
    return review
  }

const rulesReview =
  (authorizer: Authorizer): Strategy["answer"] =>
  async (review, { user }) => {
    const rules = await authorizer.rules?.(user, stringOf(specOf(review), "namespace"))
    review.status = {
      resourceRules: (rules?.resourceRules ?? []).map((rule) => ({
        verbs: [...rule.verbs],
        apiGroups: [...rule.apiGroups],
        resources: [...rule.resources],
      })),
      nonResourceRules: (rules?.nonResourceRules ?? []).map((rule) => ({
        verbs: [...rule.verbs],
        nonResourceURLs: [...rule.nonResourceURLs],
      })),
      incomplete: rules === undefined,
    }
    return review
  }

/** Strategies of the reviews, by `group/plural`. */
export const reviewStrategies = (authorizer: Authorizer): { readonly [id: string]: Strategy } => {
  const answering = (answer: Strategy["answer"]): Strategy =>
    answer === undefined ? customStrategy : { ...customStrategy, answer }
  return {
    "authentication.k8s.io/selfsubjectreviews": answering((review, { user }) => {
      review.status = { userInfo: userInfo(user) }
      return review
    }),
    "authorization.k8s.io/selfsubjectaccessreviews": answering(accessReview(authorizer)),
    "authorization.k8s.io/selfsubjectrulesreviews": answering(rulesReview(authorizer)),
  }
}
