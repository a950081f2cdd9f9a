/** Expressions evaluated for tests: one line each. */
import { baseFunctions } from "./base-environment.ts"
import { compile, type Evaluation } from "./program.ts"
import { CompileError } from "./source.ts"
import type { Type } from "./type.ts"
import type { Value } from "./value.ts"

export interface Given {
  readonly [name: string]: { readonly type: Type; readonly value: Value }
}

export const evaluate = (source: string, given: Given = {}): Evaluation => {
  const program = compile(source, {
    functions: baseFunctions,
    variables: new Map(Object.entries(given).map(([name, { type }]) => [name, type])),
    container: "",
    mixedLiterals: false,
  })
  return program.run((name) => given[name]?.value, 1_000_000)
}

/** The value, or why there is none: the error of the compiler or of the evaluation. */
export const outcome = (source: string, given: Given = {}): Value | string => {
  try {
    const result = evaluate(source, given)
    return result.kind === "value" ? result.value : `error: ${result.message}`
  } catch (error) {
    if (error instanceof CompileError) return error.message
    throw error
  }
}
