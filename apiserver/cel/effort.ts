/**
 * Work that the costs of the field do not tell: comparing what is nested, walking over lists, counting characters.
 * Without a bound on it a cheap expression may run for hours.
 *
 * Evaluation is synchronous, so one count serves all; {@link withEffort} gives each evaluation its own share.
 */
import { CostLimitExceeded } from "./evaluation-error.ts"
import { EFFORT_MAX } from "./limits.ts"

let spent = 0
/** Outside of evaluations nothing is bounded but by the size of the source. */
let limit = Number.POSITIVE_INFINITY

/** Counts steps. Fails with CostLimitExceeded when the evaluation has made too many. */
export const spend = (steps: number): void => {
  spent += steps
  if (spent > limit) throw new CostLimitExceeded()
}

/** How many characters one step reads. */
const CHARACTERS_PER_STEP = 16

export const spendOnText = (length: number): void => {
  if (length >= CHARACTERS_PER_STEP) spend(length / CHARACTERS_PER_STEP)
}

/** Runs an evaluation with a count of its own; `spent` of what it gets tells the steps made so far. */
export const withEffort = <A>(run: (spentSoFar: () => number) => A): A => {
  const [outerSpent, outerLimit] = [spent, limit]
  limit = spent + EFFORT_MAX
  try {
    return run(() => spent - outerSpent)
  } finally {
    limit = outerLimit
  }
}
