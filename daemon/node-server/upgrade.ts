/** From an HTTP upgrade request to a WebSocket, or to a refusal in plain HTTP. */
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { Effect } from "effect"
import type { WebSocket, WebSocketServer } from "ws"
import { statusReasons } from "../../schemas/index.ts"
import { type Refusal, statusOf } from "./refusal.ts"

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly sockets: WebSocketServer
}

/** Completes the handshake. Never done where the request is no WebSocket handshake: `ws` answers it and closes the socket. */
export const acceptUpgrade = ({ request, socket, head, sockets }: Upgrade): Effect.Effect<WebSocket> =>
  Effect.callback((resume) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // A peer that breaks the protocol: `ws` closes the socket, and the close is what counts.
      webSocket.on("error", () => {})
      resume(Effect.succeed(webSocket))
    })
  })

/** Answers the upgrade request with a Status and closes the connection. */
export const refuseUpgrade = ({ socket }: Upgrade, refusal: Refusal): Effect.Effect<void> =>
  Effect.sync(() => {
    const body = JSON.stringify(statusOf(refusal))
    socket.end(
      [
        `HTTP/1.1 ${statusReasons[refusal.reason].code} ${refusal.reason}`,
        "content-type: application/json",
        `content-length: ${Buffer.byteLength(body)}`,
        "connection: close",
        "",
        body,
      ].join("\r\n"),
    )
  })
