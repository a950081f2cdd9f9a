/** Expressions compiled and run: parsed, checked, planned. Start with {@link compile}. */
import { type Checked, checkExpression } from "./checker.ts"
import { withEffort } from "./effort.ts"
import type { Environment } from "./environment.ts"
import { CostLimitExceeded, EvaluationError } from "./evaluation-error.ts"
import { Frame } from "./frame.ts"
import { EFFORT_COST, EFFORT_FREE } from "./limits.ts"
import { literalIssues } from "./literal-check.ts"
import { parseExpression } from "./parser.ts"
import { type Plan, planExpression } from "./planner.ts"
import { CompileError } from "./source.ts"
import type { Type } from "./type.ts"
import type { Value } from "./value.ts"

/** What came of one evaluation. */
export type Evaluation =
  | { readonly kind: "value"; readonly value: Value; readonly cost: number }
  /** In cel-go's words: `no such key: x`, `division by zero`. */
  | { readonly kind: "error"; readonly message: string; readonly cost: number }
  /** It would have cost more than it may. */
  | { readonly kind: "exceeded"; readonly message: string; readonly cost: number }

export class Program {
  readonly checked: Checked
  readonly #plan: Plan

  constructor(checked: Checked) {
    this.checked = checked
    this.#plan = planExpression(checked)
  }

  get type(): Type {
    return this.checked.type
  }

  uses(variable: string): boolean {
    return this.#plan.variables.includes(variable)
  }

  /** Evaluates with the values of variables; those that are undefined are errors when they are needed. */
  run(bindingOf: (variable: string) => Value | undefined, costLimit: number): Evaluation {
    const { step, variables, slotCount } = this.#plan
    const slots: (Value | undefined)[] = new Array(slotCount)
    for (let slot = 0; slot < variables.length; slot++) slots[slot] = bindingOf(variables[slot] ?? "")
    const frame = new Frame(slots, costLimit)
    return withEffort((spentSoFar) => {
      const cost = (): number =>
        frame.cost + Math.floor(Math.max(0, spentSoFar() - EFFORT_FREE) * EFFORT_COST)
      try {
        return { kind: "value", value: step(frame), cost: cost() }
      } catch (error) {
        if (error instanceof EvaluationError) return { kind: "error", message: error.message, cost: cost() }
        if (error instanceof CostLimitExceeded)
          return { kind: "exceeded", message: error.message, cost: cost() }
        throw error
      }
    })
  }
}

/** Fails with CompileError. */
export const compile = (source: string, environment: Environment): Program => {
  const checked = checkExpression(parseExpression(source), environment)
  if (checked.issues.length > 0) throw new CompileError(source, checked.issues)
  const literals = literalIssues(checked)
  if (literals.length > 0) throw new CompileError(source, literals)
  return new Program(checked)
}

/** An expression without its types checked: what is wrong with it shows as it runs. Fails with CompileError. */
export const compileUnchecked = (source: string, environment: Environment): Program =>
  new Program(checkExpression(parseExpression(source), environment))
