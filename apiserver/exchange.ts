/**
 * One request and its response inside the server, whichever way it came: HTTP/2, HTTP/1.1 or in-process.
 * The core writes to a {@link ResponseSink}; frontends adapt it.
 */
export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: ReadonlyArray<string>
  readonly extra?: { readonly [key: string]: ReadonlyArray<string> }
}

export interface ApiRequest {
  readonly method: string
  /** Path with query, as sent. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | undefined }
  /** Read whole and bounded by the frontend. */
  readonly body: Uint8Array
  readonly user: UserInfo
  /** The address that it came from; absent in process. */
  readonly peer?: string
  /** Aborted when the peer goes away. */
  readonly signal: AbortSignal
}

/** Where a response goes. After `end` or once the peer is gone, calls do nothing. */
export interface ResponseSink {
  /** Sends status and headers at once (they are flushed: watchers wait for them). */
  head(status: number, headers: { readonly [name: string]: string }): void
  /** False when the peer reads slower than we write: see `pending`. */
  write(chunk: Uint8Array): boolean
  /**
   * As `write`, of bytes that the caller writes over once `pending` is 0 again. Absent where what is written is kept for
   * longer.
   */
  lend?(chunk: Uint8Array): boolean
  /** Bytes written and not yet taken by the peer. */
  readonly pending: number
  /** Settles when the peer has taken what was written, or is gone. */
  drained(): Promise<void>
  end(chunk?: Uint8Array): void
}
