/** What happens to unknown and duplicate fields: refused, warned of, or ignored. Source: KEP-2885. */
import { limits } from "../limits.ts"
import type { StatusError } from "../status-error.ts"
import type { FieldValidation } from "./write-options.ts"

export interface StrictReport {
  readonly mode: FieldValidation
  readonly warnings: string[]
  /** Makes the refusal of `strict decoding error: ...`. */
  readonly refuse: (message: string) => StatusError
}

export const unknownField = (path: string): string => `unknown field ${JSON.stringify(path)}`

/** Acts on the problems as the mode says. Throws the refusal under Strict. */
export const reportStrictness = (problems: ReadonlyArray<string>, report: StrictReport): void => {
  if (problems.length === 0 || report.mode === "Ignore") return
  if (report.mode === "Warn") {
    report.warnings.push(...problems.slice(0, limits.problemsNamedMax))
    return
  }
  const named = problems.slice(0, limits.problemsNamedMax)
  const more = problems.length > named.length ? `, and ${problems.length - named.length} more` : ""
  throw report.refuse(`strict decoding error: ${named.join(", ")}${more}`)
}
