/** Refusals about a Sandbox, told of the Pod that the client asked about. */
import type { Resource } from "../resource.ts"
import { qualified, StatusError } from "../status-error.ts"

/** The same refusal in the facade's words; anything else is left as it is. */
export const inWordsOf = (facade: Resource, stored: Resource, error: unknown): unknown => {
  if (!(error instanceof StatusError)) return error
  const { details, message = "" } = error.status
  if (details === undefined || details.group !== stored.group) return error
  const { group: _, ...rest } = details
  const kind = details.kind === stored.kind ? facade.kind : facade.plural
  const text = message
    .replaceAll(qualified(stored.plural, stored.group), qualified(facade.plural, facade.group))
    .replaceAll(qualified(stored.kind, stored.group), qualified(facade.kind, facade.group))
  const own = facade.group === "" ? rest : { ...rest, group: facade.group }
  return new StatusError({ ...error.status, message: text, details: { ...own, kind } }, error)
}
