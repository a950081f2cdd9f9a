/** Calls made ready to run: which overload, what it costs. */
import type { Call, Overload } from "./environment.ts"
import { noSuchOverload } from "./evaluation-error.ts"
import type { Step } from "./frame.ts"
import { callCost, resultCost } from "./runtime-cost.ts"
import type { Value } from "./value.ts"
import { isOfType } from "./value-type.ts"

export interface Argument {
  readonly step: Step
  /** Undefined when it is not known before it runs. */
  readonly constant: Value | undefined
}

/** One function for all the overloads that may be meant; several are told apart by the values' types. */
const callOf = (overloads: ReadonlyArray<Overload>, args: ReadonlyArray<Argument>): Call => {
  const constants = args.map(({ constant }) => constant)
  const bound = overloads.map((overload) => ({ overload, call: overload.bind?.(constants) ?? overload.call }))
  const [first] = bound
  if (first !== undefined && bound.every(({ call }) => call === first.call)) return first.call
  return (...args) => {
    for (const { overload, call } of bound) {
      const { params } = overload
      if (params.length !== args.length) continue
      if (params.every((param, index) => isOfType(args[index] ?? null, param))) return call(...args)
    }
    throw noSuchOverload()
  }
}

/** A call of a function whose arguments are all evaluated first. */
export const callStep = (
  name: string,
  overloads: ReadonlyArray<Overload>,
  args: ReadonlyArray<Argument>,
): Step => {
  const call = callOf(overloads, args)
  const cost = callCost(name, overloads)
  const costOfResult = resultCost(name)
  const steps = args.map(({ step }) => step)
  const [first, second] = steps
  if (first !== undefined && args.length === 1 && costOfResult === undefined) {
    return (frame) => {
      const a = first(frame)
      frame.charge(cost === undefined ? 1 : cost(a, null))
      return call(a)
    }
  }
  if (first !== undefined && second !== undefined && args.length === 2 && costOfResult === undefined) {
    return (frame) => {
      const a = first(frame)
      const b = second(frame)
      frame.charge(cost === undefined ? 1 : cost(a, b))
      return call(a, b)
    }
  }
  return (frame) => {
    const values: Value[] = steps.map((arg) => arg(frame))
    frame.charge(cost === undefined ? 1 : cost(values[0] ?? null, values[1] ?? null))
    const result = call(...values)
    if (costOfResult !== undefined) frame.charge(costOfResult(result))
    return result
  }
}
