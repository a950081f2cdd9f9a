/** The refusal of an apply that would change what others own. Its texts are a contract: clients print and parse them. */
import { MachineryError } from "../machinery.ts"
import { type FieldSet, pathsOf } from "./field-set.ts"
import { CONFLICTS_MAX } from "./limits.ts"
import type { Manager } from "./managers.ts"
import { pathText } from "./path-element.ts"

export interface Conflict {
  readonly manager: Manager
  readonly fields: FieldSet
}

const managerText = ({ name, operation, apiVersion, subresource }: Manager): string => {
  const named = JSON.stringify(name)
  const scoped = subresource === "" ? named : `${named} with subresource ${JSON.stringify(subresource)}`
  return operation === "Update" ? `${scoped} using ${apiVersion}` : scoped
}

export const conflictError = (conflicts: ReadonlyArray<Conflict>): MachineryError => {
  const owners = conflicts
    .map(({ manager, fields }) => ({
      owner: managerText(manager),
      paths: pathsOf(fields, CONFLICTS_MAX).map(pathText),
    }))
    .sort((a, b) => (a.owner < b.owner ? -1 : 1))
  const causes = owners
    .flatMap(({ owner, paths }) =>
      paths.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${owner}`, field })),
    )
    .slice(0, CONFLICTS_MAX)
  const [first] = causes
  if (causes.length === 1 && first !== undefined) {
    return new MachineryError(
      "Conflict",
      `Apply failed with 1 conflict: ${first.message}: ${first.field}`,
      causes,
    )
  }
  const lines = owners.flatMap(({ owner, paths }) => [
    `conflicts with ${owner}:`,
    ...paths.map((path) => `- ${path}`),
  ])
  const message = `Apply failed with ${causes.length} conflicts: ${lines.join("\n")}`
  return new MachineryError("Conflict", message, causes)
}
