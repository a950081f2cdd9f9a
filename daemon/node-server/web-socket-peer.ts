/** A client that speaks `channel.k8s.io` over a WebSocket. */
import { Effect, type Scope } from "effect"
import type { WebSocket } from "ws"
import { channels, framesOf, parseFrame, type Subprotocol } from "./channel.ts"
import type { RemotePeer } from "./remote-peer.ts"
import type { StreamQuery } from "./route.ts"
import { receive, send } from "./web-socket.ts"

export interface WebSocketPeerOptions {
  readonly query: StreamQuery
  readonly protocol: Subprotocol
}

export const makeWebSocketPeer = Effect.fnUntraced(function* (
  socket: WebSocket,
  { query, protocol }: WebSocketPeerOptions,
): Effect.fn.Return<RemotePeer, never, Scope.Scope> {
  const inbox = yield* receive(socket)
  const sendAll = (channel: number, chunk: Uint8Array) =>
    Effect.forEach(framesOf(channel, chunk), (frame) => send(socket, frame), { discard: true })
  return {
    opened: send(socket, Uint8Array.of(query.stdout ? channels.stdout : channels.error)),
    take: Effect.map(inbox.take, (frame) => parseFrame(frame, protocol)),
    output: (stream, chunk) => sendAll(channels[stream], chunk),
    status: (status) => sendAll(channels.error, new TextEncoder().encode(JSON.stringify(status))),
  }
})
