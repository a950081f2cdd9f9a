/** One request being answered: what came, where the answer goes, and what is gathered on the way. */
import type { ApiRequest, ResponseSink } from "./exchange.ts"
import type { RequestInfo } from "./request-info.ts"

export interface Call<I extends RequestInfo = RequestInfo> {
  readonly request: ApiRequest
  readonly sink: ResponseSink
  readonly info: I
  readonly auditId: string
  /** Texts for Warning headers. */
  readonly warnings: string[]
  /** Gives up the request's place among those that are answered at the same time: an open watch needs none. */
  readonly release?: () => void
}

/** The field manager of a client that names none: its User-Agent up to the first slash. Source: managerOrUserAgent. */
export const userAgentManager = (userAgent: string | undefined): string => {
  const manager =
    (userAgent ?? "")
      .split("/")[0]
      ?.replace(/[^\x20-\x7e]/g, "")
      .slice(0, 128) ?? ""
  return manager === "" ? "unknown" : manager
}
