/**
 * How a client reaches an API server: HTTPS (from a kubeconfig) or in-process (the server's own door).
 * One request, one response whose body is a stream of chunks; nothing here knows of kinds.
 */
export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Path with query, e.g. `/api/v1/namespaces?limit=500`. */
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: Uint8Array
  /** Ends the exchange, at any time. */
  readonly signal?: AbortSignal
}

export interface TransportResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  /** Ends when the response does; throws when the connection breaks before. */
  readonly body: AsyncIterable<Uint8Array>
}

/** Rejects with an Error of any kind when no response came: the client makes a `ServiceUnavailable` of it. */
export interface Transport {
  request(request: TransportRequest): Promise<TransportResponse>
}
