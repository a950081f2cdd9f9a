/** Paths to fields: keys and indices, written `spec.list[0].name`. */
import { PATH_STEP_LENGTH_MAX } from "./limits.ts"

export type FieldPath = ReadonlyArray<string | number>

const stepText = (step: string): string =>
  step.length > PATH_STEP_LENGTH_MAX ? `${step.slice(0, PATH_STEP_LENGTH_MAX)}...` : step

export const fieldPathText = (path: FieldPath): string => {
  let text = ""
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`
    else text += text === "" ? stepText(step) : `.${stepText(step)}`
  }
  return text
}
