/** One evaluation: where values are, and what it has cost. */
import { CostLimitExceeded } from "./evaluation-error.ts"
import type { Value } from "./value.ts"

export class Frame {
  /** Variables, then what loops and bindings name; undefined when nothing was given. */
  readonly slots: (Value | undefined)[]
  cost = 0
  readonly #limit: number

  constructor(slots: (Value | undefined)[], limit: number) {
    this.slots = slots
    this.#limit = limit
  }

  /** Fails with CostLimitExceeded, which nothing in an expression absorbs. */
  charge(cost: number): void {
    this.cost += cost
    if (this.cost > this.#limit) throw new CostLimitExceeded()
  }
}

/** A part of an expression made ready to run. */
export type Step = (frame: Frame) => Value
