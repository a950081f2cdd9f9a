/**
 * What stops an evaluation.
 *
 * Evaluation errors are part of the language (`false && 1/0 > 0` is false), thrown and caught often: they are no
 * `Error`s, since those record a stack each time.
 */
export class EvaluationError {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** The budget is spent: nothing absorbs it. */
export class CostLimitExceeded {
  readonly message = "operation cancelled: actual cost limit exceeded"
}

export const noSuchOverload = (): EvaluationError => new EvaluationError("no such overload")
