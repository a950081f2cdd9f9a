/** What the server says of a document, as problems at the document's fields. */
import type { StatusFailure } from "../failure.ts"
import type { ManifestDocument } from "./document.ts"
import type { ManifestProblem } from "./problem.ts"

export const refusalProblems = (
  document: ManifestDocument,
  failure: StatusFailure,
): ReadonlyArray<ManifestProblem> => {
  const causes = failure.status.details?.causes ?? []
  const named = causes.filter(({ field }) => field !== undefined && field !== "")
  if (failure.reason === "Conflict" && named.length > 0)
    return named.map(({ field = "", message }) =>
      document.problem(field, `${message}: another manager owns the field; --force-conflicts takes it over`),
    )
  if (named.length > 0)
    return named.map(({ field = "", message }) => document.problem(field, withoutPath(message, field)))
  const found = [...undeclaredFields(failure.message), ...strictErrors(failure.message)]
  if (found.length > 0) return found.map(({ field, message }) => document.problem(field, message))
  return [document.problem("", failure.message)]
}

interface Finding {
  readonly field: string
  readonly message: string
}

/** `strict decoding error: unknown field "spec.x", duplicate field "spec.y"` */
const strictErrors = (text: string): ReadonlyArray<Finding> =>
  [...text.matchAll(/(unknown|duplicate) field "((?:[^"\\]|\\.)*)"/g)].map(([, kind = "", field = ""]) => ({
    field: field.replaceAll(/\\(.)/g, "$1"),
    message: `${kind} field`,
  }))

/** `.spec.containers[name="web"].imagee: field not declared in schema` */
const undeclaredFields = (text: string): ReadonlyArray<Finding> =>
  [...text.matchAll(/(?:^|[\s:])(\.[A-Za-z_$](?:\[[^\]]*\]|[^\s:[])*): ([^\n]+)/g)].map(
    ([, field = "", why = ""]) => ({
      field,
      message: /field not declared in schema/.test(why) ? "unknown field" : why,
    }),
  )

/** Messages of validators repeat the field: once is enough. */
const withoutPath = (message: string, field: string): string =>
  message.startsWith(`${field}: `)
    ? message.slice(field.length + 2)
    : message.replace(`${field} in body `, "")
