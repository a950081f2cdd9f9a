/**
 * Notes that admission leaves for the audit event of a request, kept beside the request until it is answered: under its
 * signal, which stays the same when the request goes on as another user's.
 */
import type { ApiRequest } from "../exchange.ts"

type Request = Pick<ApiRequest, "signal">

const notes = new WeakMap<AbortSignal, Map<string, string>>()

/** The first note under a key stays. */
export const annotateAudit = ({ signal }: Request, key: string, value: string): void => {
  let known = notes.get(signal)
  if (known === undefined) {
    known = new Map()
    notes.set(signal, known)
  }
  if (!known.has(key)) known.set(key, value)
}

const none: ReadonlyMap<string, string> = new Map()

/** What has been noted of a request so far. */
export const auditAnnotationsOf = ({ signal }: Request): ReadonlyMap<string, string> =>
  notes.get(signal) ?? none
