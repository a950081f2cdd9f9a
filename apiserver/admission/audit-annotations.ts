/** Notes that admission leaves for the audit event of a request, kept beside the request until it is answered. */
import type { ApiRequest } from "../exchange.ts"

const notes = new WeakMap<ApiRequest, Map<string, string>>()

/** The first note under a key stays. */
export const annotateAudit = (request: ApiRequest, key: string, value: string): void => {
  let known = notes.get(request)
  if (known === undefined) {
    known = new Map()
    notes.set(request, known)
  }
  if (!known.has(key)) known.set(key, value)
}

const none: ReadonlyMap<string, string> = new Map()

/** What has been noted of a request so far. */
export const auditAnnotationsOf = (request: ApiRequest): ReadonlyMap<string, string> =>
  notes.get(request) ?? none
