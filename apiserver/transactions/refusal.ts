/** What is wrong with the objects of a transaction, as the one Status that refuses it. */
import type { StatusCause, StatusReason } from "../../schemas/index.ts"
import { isStoreError } from "../../store/index.ts"
import { failure, type StatusError, toStatusError } from "../status-error.ts"
import { transactionLimits } from "./limits.ts"
import type { Part } from "./part.ts"
import type { Problem } from "./problem.ts"

/** A refusal as the problem of an object. What is the store's or the server's own fault is nobody's: it is thrown on. */
export const problemOf = (error: unknown, { manifest, operation }: Part): Problem => {
  const { at, title, target } = manifest
  const status = isStoreError(error) ? undefined : toStatusError(error, target.resource.subject(target.name))
  if (status === undefined) throw error
  return { at, object: title, status, operation }
}

const joined = (at: string, field: string): string => {
  const path = field.replace(/^\./, "")
  return path === "" ? at : path.startsWith("[") ? `${at}${path}` : `${at}.${path}`
}

const causesOf = ({ at, object, status }: Problem): ReadonlyArray<StatusCause> => {
  const { causesPerObjectMax } = transactionLimits
  const reason = status.reason ?? "Unknown"
  const causes = (status.status.details?.causes ?? []).filter(({ field }) => field !== undefined)
  const named = causes.slice(0, causesPerObjectMax).map((cause) => ({
    reason: cause.reason,
    message: `${object}: ${cause.message}`,
    field: joined(at, cause.field ?? ""),
  }))
  if (named.length === 0) return [{ reason, message: `${object}: ${status.message}`, field: at }]
  const left = causes.length - named.length
  if (left === 0) return named
  return [...named, { reason, message: `${object}: and ${left} more`, field: at }]
}

/** What is wrong with all of them, where it is the same; otherwise the set as a whole is invalid. */
const reasonOf = (problems: ReadonlyArray<Problem>): StatusReason => {
  const [first, ...more] = problems.map(({ status }) => status.reason)
  return first !== undefined && more.every((reason) => reason === first) ? first : "Invalid"
}

/** The refusal that names every problem in its causes. */
export const refusalOf = (problems: ReadonlyArray<Problem>, objects: number): StatusError => {
  const { objectsNamedMax } = transactionLimits
  const named = problems
    .slice(0, objectsNamedMax)
    .map(({ object, status }) => `${object}: ${status.message}`)
    .join("; ")
  const left = problems.length - objectsNamedMax
  const count = new Set(problems.map(({ at, object }) => `${at} ${object}`)).size
  return failure(
    reasonOf(problems),
    `nothing was written: ${count} of ${objects} objects refused: ${named}${left > 0 ? `; and ${left} more` : ""}`,
    {
      details: { group: "meta.miren.dev", kind: "transactions", causes: problems.flatMap(causesOf) },
    },
  )
}
