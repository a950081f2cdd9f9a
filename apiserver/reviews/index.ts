/** Kinds that are questions about users and permissions: answered, never stored. Start with {@link reviewStrategies}. */
import type { Authorizer } from "../authorizer.ts"
import type { Strategy } from "../strategy.ts"
import { accessReviews } from "./access-review.ts"
import { type IdentifyToken, identityReviews } from "./identity-review.ts"
import { type RulesOf, rulesReviews } from "./rules-review.ts"

export type { IdentifyToken, RulesOf }

export interface ReviewOptions {
  readonly authorizer: Authorizer
  readonly rulesOf: RulesOf
  readonly identify: IdentifyToken
}

/** By `group/plural`. */
export const reviewStrategies = ({
  authorizer,
  rulesOf,
  identify,
}: ReviewOptions): { readonly [id: string]: Strategy } => ({
  ...accessReviews(authorizer),
  ...rulesReviews(rulesOf),
  ...identityReviews(identify),
})
