/** Calls made ready to run: which overload, what it costs. */
import type { Call, Overload } from "./environment.ts"
import { noSuchOverload } from "./evaluation-error.ts"
import type { Step } from "./frame.ts"
import { callCost } from "./runtime-cost.ts"
import type { Value } from "./value.ts"
import { isOfType } from "./value-type.ts"

/** One function for all the overloads that may be meant; several are told apart by the values' types. */
const callOf = (overloads: ReadonlyArray<Overload>): Call => {
  const bound = overloads.map((overload) => ({ overload, call: overload.bind?.() ?? overload.call }))
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
  args: ReadonlyArray<Step>,
): Step => {
  const call = callOf(overloads)
  const cost = callCost(name, overloads)
  const [first, second] = args
  if (first !== undefined && args.length === 1) {
    return (frame) => {
      const a = first(frame)
      const result = call(a)
      frame.charge(cost === undefined ? 1 : cost(a, null, result))
      return result
    }
  }
  if (first !== undefined && second !== undefined && args.length === 2) {
    return (frame) => {
      const a = first(frame)
      const b = second(frame)
      const result = call(a, b)
      frame.charge(cost === undefined ? 1 : cost(a, b, result))
      return result
    }
  }
  return (frame) => {
    const values: Value[] = args.map((arg) => arg(frame))
    const result = call(...values)
    frame.charge(cost === undefined ? 1 : cost(values[0] ?? null, values[1] ?? null, result))
    return result
  }
}
