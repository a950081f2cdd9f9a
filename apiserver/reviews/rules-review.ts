/** SelfSubjectRulesReview: everything that the asker may do in a namespace, for showing to people. */
import type { Authorizer, Rules } from "../authorizer.ts"
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { badRequest } from "../status-error.ts"
import type { Strategy } from "../strategy.ts"

const namespaceOf = (review: MutableObject): string =>
  isObject(review.spec) ? stringOf(review.spec, "namespace") : ""

const resourceRule = (rule: Rules["resourceRules"][number]): MutableObject => ({
  verbs: [...rule.verbs],
  apiGroups: [...rule.apiGroups],
  resources: [...rule.resources],
  ...(rule.resourceNames === undefined || rule.resourceNames.length === 0
    ? {}
    : { resourceNames: [...rule.resourceNames] }),
})

const pathRule = (rule: Rules["nonResourceRules"][number]): MutableObject => ({
  verbs: [...rule.verbs],
  nonResourceURLs: [...rule.nonResourceURLs],
})

export const rulesReviews = (authorizer: Authorizer): { readonly [id: string]: Strategy } => ({
  "authorization.k8s.io/selfsubjectrulesreviews": {
    generation: false,
    unconditionalUpdate: true,
    answer: async (review, { user }) => {
      if (namespaceOf(review) === "") throw badRequest("no namespace on request")
      const rules = await authorizer.rules?.(user, namespaceOf(review))
      return {
        ...review,
        status: {
          resourceRules: (rules?.resourceRules ?? []).map(resourceRule),
          nonResourceRules: (rules?.nonResourceRules ?? []).map(pathRule),
          incomplete: rules === undefined,
          ...(rules === undefined ? { evaluationError: "the authorizer cannot list its rules" } : {}),
        },
      }
    },
  },
})
