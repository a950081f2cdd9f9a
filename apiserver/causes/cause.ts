/**
 * Why a version of an object was written: who asked, and what a controller said that woke it. Start with {@link Cause}.
 *
 * It is stored with the version, as a second line after the document, so that it lasts exactly as long: no reader of the
 * API sees it in the object, and no cache holds it. ADR 11.
 */
import type { Call } from "../call.ts"
import { limits } from "../limits.ts"
import type { ResourceRequestInfo } from "../request-info.ts"

/** The header in which a client says why it writes. */
export const causeHeader = "miren-cause"

export interface Cause {
  /** RFC 3339, in milliseconds. */
  readonly time: string
  readonly user: string
  /** `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string
  /** Of the audit log; "" for the server's own writes. */
  readonly auditID: string
  /** What the client said of itself: the first part of its User-Agent. */
  readonly client: string
  /** What the client said in the header `Miren-Cause`, as it said it. */
  readonly told?: string
}

const encoder = new TextEncoder()
/** No document has a line break, nor a part that looks like this after one. */
const opening = encoder.encode('\n{"cause":')

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "")

/** One line: the cause of what a call is about to write. */
export const causeLine = (
  { request, info, auditId }: Call<ResourceRequestInfo>,
  nowMs: number,
): Uint8Array => {
  const told = request.headers[causeHeader]
  const cause: Cause = {
    time: new Date(nowMs).toISOString(),
    user: request.user.name.slice(0, limits.causeUserCharactersMax),
    verb: info.verb,
    auditID: auditId,
    client: printable(request.headers["user-agent"] ?? "").slice(0, limits.causeClientCharactersMax),
    ...(told === undefined ? {} : { told: printable(told).slice(0, limits.causeToldCharactersMax) }),
  }
  return encoder.encode(`{"cause":${JSON.stringify(cause)}}`)
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** What is stored for a document and the cause of its version. */
export const withCause = (document: Uint8Array, line: Uint8Array): Uint8Array => {
  const stored = new Uint8Array(document.length + 1 + line.length)
  stored.set(document)
  stored[document.length] = 0x0a
  stored.set(line, document.length + 1)
  return stored
}

/** The document of what is stored. Shares its bytes. */
export const documentOf = (stored: Uint8Array): Uint8Array => {
  const at = bufferOf(stored).lastIndexOf(opening)
  return at < 0 ? stored : stored.subarray(0, at)
}

/** The cause of what is stored; undefined where somebody else wrote it, or wrote it before there were causes. */
export const causeIn = (stored: Uint8Array): Cause | undefined => {
  const buffer = bufferOf(stored)
  const at = buffer.lastIndexOf(opening)
  return at < 0 ? undefined : parseCauseLine(buffer.subarray(at + 1))
}

export const parseCauseLine = (line: Uint8Array): Cause | undefined => {
  let parsed: unknown
  try {
    parsed = JSON.parse(bufferOf(line).toString("utf8"))
  } catch {
    return undefined
  }
  const { cause } = parsed as { readonly cause?: Partial<Record<keyof Cause, unknown>> }
  if (typeof cause !== "object" || cause === null) return undefined
  const text = (value: unknown): string => (typeof value === "string" ? value : "")
  const { time, user, verb, auditID, client, told } = cause
  return {
    time: text(time),
    user: text(user),
    verb: text(verb),
    auditID: text(auditID),
    client: text(client),
    ...(typeof told === "string" ? { told } : {}),
  }
}
