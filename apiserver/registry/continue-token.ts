/** Continue tokens of paged lists. Source: apiserver `storage/continue.go`. */
import { isObject } from "../body-object.ts"
import { badRequest } from "../status-error.ts"

/** Where the next page starts: after this key (relative to the resource's prefix), at this revision. */
export interface Position {
  /** 0 continues at the newest state: an inconsistent list. */
  readonly revision: bigint
  readonly after: string
}

/** Upstream's `rv` of a token for an inconsistent continuation. */
const inconsistent = -1

export const encodeContinue = (position: Position): string => {
  const rv = position.revision === 0n ? inconsistent : Number(position.revision)
  const token = { v: "meta.k8s.io/v1", rv, start: `${position.after}\u0000` }
  return Buffer.from(JSON.stringify(token)).toString("base64url")
}

const invalid = (why: string): Error => badRequest(`continue key is not valid: ${why}`)

/** Fails with `BadRequest`. */
export const decodeContinue = (text: string): Position => {
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(text)) throw invalid("it is not URL-safe base64")
  let token: unknown
  try {
    token = JSON.parse(Buffer.from(text, "base64url").toString("utf8"))
  } catch {
    throw invalid("it does not hold what this server puts there")
  }
  if (!isObject(token) || token.v !== "meta.k8s.io/v1") throw invalid("it is of an unknown version")
  const { rv, start } = token
  if (typeof rv !== "number" || !Number.isSafeInteger(rv) || typeof start !== "string" || start === "") {
    throw invalid("it does not hold what this server puts there")
  }
  if (start.startsWith("/") || start.split("/").includes("..")) throw invalid("it points outside of the list")
  if (rv === 0 || rv < inconsistent) throw invalid("it has no revision")
  return {
    revision: rv === inconsistent ? 0n : BigInt(rv),
    after: start.endsWith("\0") ? start.slice(0, -1) : start,
  }
}
