/** How a request was lost without a response, which decides whether it may be sent again. */

/** The server has certainly not acted on it: safe to send again, whatever it is. */
export class NotProcessed extends Error {
  override readonly name = "NotProcessed"
}

/** The connection ended under it: the server may have acted on it. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost"
}

export const maySendAgain = (method: string, error: unknown): boolean =>
  error instanceof NotProcessed || (method === "GET" && error instanceof ConnectionLost)
