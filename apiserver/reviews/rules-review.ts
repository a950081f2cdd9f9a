/** SelfSubjectRulesReview: everything that the asker may do in a namespace, for showing to people. */
import { isObject } from "../body.ts"
import type { UserInfo } from "../exchange.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { type PolicyRule, ruleDocument } from "../rbac/index.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Strategy } from "../strategy.ts"

/** Every rule that a user has in a namespace; undefined when the authorizer cannot list them. */
export type RulesOf = ((user: UserInfo, namespace: string) => ReadonlyArray<PolicyRule>) | undefined

const namespaceOf = (review: MutableObject): string =>
  isObject(review.spec) ? stringOf(review.spec, "namespace") : ""

const errorsOf = (review: MutableObject): ReadonlyArray<FieldError> =>
  namespaceOf(review) === ""
    ? [
        {
          field: "spec.namespace",
          type: "FieldValueRequired",
          detail: "Required value: no namespace on request",
        },
      ]
    : []

/** Each rule once, in the order found. */
const documents = (rules: ReadonlyArray<PolicyRule>): MutableObject[] => [
  ...new Map(rules.map(ruleDocument).map((rule) => [JSON.stringify(rule), rule])).values(),
]

export const rulesReviews = (rulesOf: RulesOf): { readonly [id: string]: Strategy } => ({
  "authorization.k8s.io/selfsubjectrulesreviews": {
    generation: false,
    unconditionalUpdate: true,
    validate: errorsOf,
    answer: (review, { user }) => {
      const rules = rulesOf?.(user, namespaceOf(review)) ?? []
      return {
        ...review,
        status: {
          resourceRules: documents(rules.filter((rule) => rule.resources.length > 0)),
          nonResourceRules: documents(rules.filter((rule) => rule.nonResourceURLs.length > 0)),
          incomplete: rulesOf === undefined,
          ...(rulesOf === undefined ? { evaluationError: "the authorizer cannot list its rules" } : {}),
        },
      }
    },
  },
})
