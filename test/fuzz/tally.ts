/** What came of the requests of a run, counted. */
import type { FuzzRequest } from "./request.ts"

export interface Tally {
  requests: number
  accepted: number
  refused: number
  /** Answers above 499, the documented ones too. */
  failed: number
  /** 0 are those that were given no answer: connections closed by either side. */
  readonly codes: Map<number, number>
  /** What refusals say, without their particulars. */
  readonly reasons: Map<string, number>
  slowest: { readonly ms: number; readonly request: FuzzRequest } | undefined
}

export const makeTally = (): Tally => ({
  requests: 0,
  accepted: 0,
  refused: 0,
  failed: 0,
  codes: new Map(),
  reasons: new Map(),
  slowest: undefined,
})

const generalised = (text: string): string =>
  (/"message":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text)
    .replace(/\\"(?:[^\\]|\\[^"])*\\"|\d+/g, "#")
    .slice(0, 110)

export const count = (
  tally: Tally,
  request: FuzzRequest,
  answer: { status: number; cpuMs: number; text: string },
): void => {
  const { status, cpuMs, text } = answer
  tally.requests++
  if (status >= 500) tally.failed++
  else if (status >= 400 || status === 0) tally.refused++
  else tally.accepted++
  tally.codes.set(status, (tally.codes.get(status) ?? 0) + 1)
  if (status >= 400) {
    const path = request.url.replace(/\?.*/s, "").split("/")
    const about = `${request.method} ${path.slice(0, 3).join("/")}/${path[6] ?? ""} ${status} ${generalised(text)}`
    if (tally.reasons.size < 5_000) tally.reasons.set(about, (tally.reasons.get(about) ?? 0) + 1)
  }
  if (cpuMs > (tally.slowest?.ms ?? 0)) tally.slowest = { ms: cpuMs, request }
}

export const acceptedShare = ({ accepted, requests }: Tally): number =>
  requests === 0 ? 0 : accepted / requests

export const codesText = ({ codes }: Tally): string =>
  [...codes]
    .sort(([a], [b]) => a - b)
    .map(([code, times]) => `${code}×${times}`)
    .join(" ")
