/** One request being answered: what came, where the answer goes, and what is gathered on the way. */
import type { ApiRequest, ResponseSink } from "./exchange.ts"
import type { MutableObject } from "./machinery.ts"
import type { RequestInfo, ResourceRequestInfo } from "./request-info.ts"

/** A write that is one of several in a request, as the request that it would have been by itself. */
export interface RequestPart {
  readonly request: ApiRequest
  readonly info: ResourceRequestInfo
  /** Of the answer that it would have had. */
  readonly code: number
}

export interface Call<I extends RequestInfo = RequestInfo> {
  readonly request: ApiRequest
  readonly sink: ResponseSink
  readonly info: I
  readonly auditId: string
  /** Texts for Warning headers. */
  readonly warnings: string[]
  /** Gives up the request's place among those that are answered at the same time: an open watch needs none. */
  readonly release?: () => void
  /** Notes a part of the request in the audit log, by its own rule there. Settles when the log can take more. */
  readonly audit?: (part: RequestPart) => Promise<void> | undefined
  /** Namespaces that are written together with the object of this call, by name: they are as they will be then. */
  readonly namespaces?: ReadonlyMap<string, MutableObject>
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
