/** Which overloads of a function a call may mean. */
import type { Overload } from "./environment.ts"
import type { Inference } from "./inference.ts"
import { dyn, sameType, type Type } from "./type.ts"

export interface Resolution {
  readonly fitting: ReadonlyArray<Overload>
  /** Undefined when none fits; dyn when those that do differ. */
  readonly result: Type | undefined
}

export const resolveOverloads = (
  inference: Inference,
  overloads: ReadonlyArray<Overload>,
  argTypes: ReadonlyArray<Type>,
): Resolution => {
  const fitting: Overload[] = []
  let result: Type | undefined
  for (const overload of overloads) {
    const [declared, ...params] = inference.instantiate([overload.result, ...overload.params])
    if (!inference.unifiesAll(argTypes, params)) continue
    fitting.push(overload)
    const one = inference.resolve(declared ?? dyn)
    if (result === undefined) result = one
    else if (result.kind !== "dyn" && !sameType(one, result)) result = dyn
  }
  return { fitting, result }
}
