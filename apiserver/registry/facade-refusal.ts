/** Refusals about what is stored, told of the facade that the client asked about. */
import type { Resource } from "../resource.ts"
import { qualified, StatusError } from "../status-error.ts"

/** The text with one name for another, wherever an object is named by it: `PLURAL.GROUP "name"`. */
const renamed = (text: string, [from, to]: readonly [string, string]): string =>
  text
    .split(`${from} "`)
    .reduce((before, after) =>
      /(^|[ ([])$/.test(before) ? `${before}${to} "${after}` : `${before}${from} "${after}`,
    )

/** The same refusal in the facade's words; anything else is left as it is. */
export const inWordsOf = (facade: Resource, stored: Resource, error: unknown): unknown => {
  if (!(error instanceof StatusError)) return error
  const { details, message = "" } = error.status
  if (details === undefined || (details.group ?? "") !== stored.group) return error
  if (details.kind !== stored.kind && details.kind !== stored.plural) return error
  const { group: _, ...rest } = details
  const kind = details.kind === stored.kind ? facade.kind : facade.plural
  const pairs = [
    [qualified(stored.plural, stored.group), qualified(facade.plural, facade.group)],
    [qualified(stored.kind, stored.group), qualified(facade.kind, facade.group)],
  ] as const
  const text = pairs.reduce(renamed, message)
  const own = facade.group === "" ? rest : { ...rest, group: facade.group }
  return new StatusError({ ...error.status, message: text, details: { ...own, kind } }, error)
}
