/** Literals that can only fail as they run: patterns, timestamps and durations that are none. Source: cel-go's validators. */
import { patternProblem } from "../pattern/index.ts"
import { childrenOf, type Expr } from "./ast.ts"
import type { Checked } from "./checker.ts"
import type { Reference } from "./reference.ts"
import type { Issue } from "./source.ts"
import { parseDuration, parseTimestamp } from "./time.ts"

type CallReference = Reference & { readonly kind: "call" }

/** The argument that must be well formed, and whether it is. */
const wrongArgument = ({ name, args }: CallReference): Expr | undefined => {
  const [first, second] = args
  const arg = name === "matches" || name === "find" || name === "findAll" ? second : first
  if (arg?.kind !== "literal" || typeof arg.value !== "string") return undefined
  switch (name) {
    case "matches":
    case "find":
    case "findAll":
      return patternProblem(arg.value) === undefined ? undefined : arg
    case "duration":
      return parseDuration(arg.value) === undefined ? arg : undefined
    case "timestamp":
      return parseTimestamp(arg.value) === undefined ? arg : undefined
    default:
      return undefined
  }
}

export const literalIssues = ({ expr, references }: Checked): ReadonlyArray<Issue> => {
  const issues: Issue[] = []
  const visit = (part: Expr): void => {
    const reference = references.get(part)
    const wrong = reference?.kind === "call" ? wrongArgument(reference) : undefined
    if (wrong !== undefined && reference?.kind === "call") {
      issues.push({ at: wrong.at, message: `invalid ${reference.name} argument` })
    }
    for (const child of childrenOf(part)) visit(child)
  }
  visit(expr)
  return issues
}
