/** SubjectAccessReview and its kin: whether somebody may do something. Source: registry/authorization. */
import type { AccessRequest, Authorizer } from "../authorizer.ts"
import { isObject } from "../body-object.ts"
import type { UserInfo } from "../exchange.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import type { Strategy } from "../strategy.ts"

const specOf = (review: MutableObject): MutableObject => (isObject(review.spec) ? review.spec : {})

const invalid = (field: string, value: string, why: string): FieldError => ({
  field,
  type: "FieldValueInvalid",
  detail: `Invalid value: ${JSON.stringify(value)}: ${why}`,
})

const attributesErrors = (review: MutableObject): ReadonlyArray<FieldError> => {
  const { resourceAttributes, nonResourceAttributes } = specOf(review)
  const both = isObject(resourceAttributes) && isObject(nonResourceAttributes)
  const field = "spec.resourceAttributes"
  if (both) return [invalid(field, "", "cannot be specified in combination with nonResourceAttributes")]
  if (isObject(resourceAttributes) || isObject(nonResourceAttributes)) return []
  return [invalid(field, "", "exactly one of nonResourceAttributes or resourceAttributes must be specified")]
}

const textsOf = (value: unknown): ReadonlyArray<string> =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : []

const subjectErrors = (review: MutableObject): ReadonlyArray<FieldError> => {
  const spec = specOf(review)
  if (stringOf(spec, "user") !== "" || textsOf(spec.groups).length > 0) return []
  return [invalid("spec.user", "", "at least one of user or group must be specified")]
}

const placeErrors = (review: MutableObject): ReadonlyArray<FieldError> => {
  const { resourceAttributes, nonResourceAttributes } = specOf(review)
  if (isObject(nonResourceAttributes)) {
    const why = "disallowed on this kind of request"
    return [invalid("spec.nonResourceAttributes", stringOf(nonResourceAttributes, "path"), why)]
  }
  const namespace = isObject(resourceAttributes) ? stringOf(resourceAttributes, "namespace") : ""
  if (namespace === stringOf(metadataOf(review), "namespace")) return []
  return [invalid("spec.resourceAttributes.namespace", namespace, "must match metadata.namespace")]
}

/** The one requirement on metadata.name in a field selector of the attributes: such a list is about that name. */
const selectedName = (attributes: MutableObject): string => {
  const selector = isObject(attributes.fieldSelector) ? attributes.fieldSelector : {}
  const requirements = Array.isArray(selector.requirements) ? selector.requirements.filter(isObject) : []
  const found = requirements.find(
    (item) => stringOf(item, "key") === "metadata.name" && stringOf(item, "operator") === "In",
  )
  const values = textsOf(found?.values)
  return values.length === 1 ? (values[0] ?? "") : ""
}

const requestOf = (review: MutableObject): AccessRequest => {
  const { resourceAttributes: resource, nonResourceAttributes: path } = specOf(review)
  if (isObject(resource)) {
    return {
      type: "resource",
      verb: stringOf(resource, "verb"),
      group: stringOf(resource, "group"),
      version: stringOf(resource, "version"),
      resource: stringOf(resource, "resource"),
      subresource: stringOf(resource, "subresource"),
      namespace: stringOf(resource, "namespace"),
      name: stringOf(resource, "name") || selectedName(resource),
    }
  }
  const asked = isObject(path) ? path : {}
  return { type: "path", verb: stringOf(asked, "verb"), path: stringOf(asked, "path") }
}

const subjectOf = (review: MutableObject): UserInfo => {
  const spec = specOf(review)
  const extra = isObject(spec.extra) ? spec.extra : {}
  return {
    name: stringOf(spec, "user"),
    groups: textsOf(spec.groups),
    uid: stringOf(spec, "uid"),
    extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, textsOf(values)])),
  }
}

type Whose = (review: MutableObject, asker: UserInfo) => UserInfo

const answering =
  (authorizer: Authorizer, whose: Whose): NonNullable<Strategy["answer"]> =>
  async (review, { user }) => {
    const decision = await authorizer.authorize({ user: whose(review, user), info: requestOf(review) })
    const reason = decision.reason ?? ""
    return { ...review, status: { allowed: decision.allowed, ...(reason === "" ? {} : { reason }) } }
  }

const plain = { generation: false, unconditionalUpdate: true } as const
const group = "authorization.k8s.io"

/** By `group/plural`. */
export const accessReviews = (authorizer: Authorizer): { readonly [id: string]: Strategy } => ({
  [`${group}/selfsubjectaccessreviews`]: {
    ...plain,
    validate: attributesErrors,
    answer: answering(authorizer, (_review, asker) => asker),
  },
  [`${group}/subjectaccessreviews`]: {
    ...plain,
    validate: (review) => [...attributesErrors(review), ...subjectErrors(review)],
    answer: answering(authorizer, subjectOf),
  },
  [`${group}/localsubjectaccessreviews`]: {
    ...plain,
    validate: (review) => [...attributesErrors(review), ...subjectErrors(review), ...placeErrors(review)],
    answer: answering(authorizer, subjectOf),
  },
})
