/** Kinds that are questions about users and permissions: answered, never stored. Start with {@link reviewStrategies}. */
import type { Authorizer } from "../authorizer.ts"
import type { Strategy } from "../strategy.ts"
import { accessReviews } from "./access-review.ts"
import { type IdentifyToken, identityReviews } from "./identity-review.ts"
import { rulesReviews } from "./rules-review.ts"

export type { IdentifyToken }

export interface ReviewOptions {
  readonly authorizer: Authorizer
  readonly identify: IdentifyToken
}

/** By `group/plural`. */
export const reviewStrategies = ({
  authorizer,
  identify,
}: ReviewOptions): { readonly [id: string]: Strategy } => ({
  ...accessReviews(authorizer),
  ...rulesReviews(authorizer),
  ...identityReviews(identify),
})
