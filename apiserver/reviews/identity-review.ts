/** SelfSubjectReview and TokenReview: who somebody is. Source: registry/authentication. */
import { isObject } from "../body-object.ts"
import type { UserInfo } from "../exchange.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { badRequest } from "../status-error.ts"
import type { Strategy } from "../strategy.ts"

/** Whose a token is, for one of the audiences asked for; undefined when it is nobody's. */
export type IdentifyToken = (
  token: string,
  audiences: ReadonlyArray<string>,
) => Promise<{ readonly user: UserInfo; readonly audiences: ReadonlyArray<string> } | undefined>

const userDocument = ({ name, uid, groups, extra }: UserInfo): MutableObject => ({
  username: name,
  ...(uid === undefined || uid === "" ? {} : { uid }),
  groups: [...groups],
  ...(extra === undefined || Object.keys(extra).length === 0
    ? {}
    : { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
})

const audiencesMax = 20

const questionOf = (review: MutableObject) => {
  const spec = isObject(review.spec) ? review.spec : {}
  const audiences = Array.isArray(spec.audiences)
    ? spec.audiences.filter((item) => typeof item === "string")
    : []
  return { token: stringOf(spec, "token"), audiences }
}

const audienceErrors = (review: MutableObject): ReadonlyArray<FieldError> => {
  const { audiences } = questionOf(review)
  if (audiences.length <= audiencesMax) return []
  const detail = `Too many: ${audiences.length}: must have at most ${audiencesMax} items`
  return [{ field: "spec.audiences", type: "FieldValueTooMany", detail }]
}

const plain = { generation: false, unconditionalUpdate: true } as const
const group = "authentication.k8s.io"

export const identityReviews = (identify: IdentifyToken): { readonly [id: string]: Strategy } => ({
  [`${group}/selfsubjectreviews`]: {
    ...plain,
    answer: (review, { user }) => ({ ...review, status: { userInfo: userDocument(user) } }),
  },
  [`${group}/tokenreviews`]: {
    ...plain,
    validate: audienceErrors,
    answer: async (review) => {
      const { token, audiences } = questionOf(review)
      if (token === "") throw badRequest("token is required for TokenReview in authentication")
      const found = await identify(token, audiences)
      if (found === undefined) {
        return { ...review, status: { authenticated: false, user: {}, error: "invalid bearer token" } }
      }
      const status: MutableObject = { authenticated: true, user: userDocument(found.user) }
      if (found.audiences.length > 0) status.audiences = [...found.audiences]
      return { ...review, status }
    },
  },
})
