/** From an HTTP upgrade request to a WebSocket, to SPDY, or to a refusal in plain HTTP. */
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { Effect } from "effect"
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws"
import { statusReasons } from "../../schemas/index.ts"
import { chooseSubprotocol, type Subprotocol } from "./channel.ts"
import { limits } from "./limits.ts"
import { portForwardProtocol, tunnelProtocol } from "./port-forward.ts"
import { Refusal, statusOf } from "./refusal.ts"

export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly sockets: WebSocketServer
}

const spdy = "spdy/3.1"
/** What the streams of an exec or attach say over SPDY. */
const spdyProtocol = "v4.channel.k8s.io"

const listed = (header: string | ReadonlyArray<string> | undefined): ReadonlySet<string> =>
  new Set(
    (Array.isArray(header) ? header : [header ?? ""])
      .flatMap((value: string) => value.split(","))
      .map((name: string) => name.trim())
      .filter((name: string) => name !== ""),
  )

const isSpdy = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === spdy

const subprotocols = ({ headers }: IncomingMessage) => listed(headers["sec-websocket-protocol"])

/** What becomes of WebSocket handshakes. */
export const makeWebSocketServer = (): WebSocketServer => {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.inboundFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => chooseSubprotocol(offered) ?? false,
  })
  sockets.on("headers", (headers, request) => {
    if (tunnels.has(request)) headers.push(`Sec-WebSocket-Protocol: ${tunnelProtocol}`)
  })
  return sockets
}

/** Handshakes that ask for the tunnel: its name is no token, so `ws` would neither read nor write it. */
const tunnels = new WeakSet<IncomingMessage>()

const acceptTunnel = (upgrade: Upgrade): Effect.Effect<Duplex> =>
  Effect.suspend(() => {
    tunnels.add(upgrade.request)
    delete upgrade.request.headers["sec-websocket-protocol"]
    return Effect.map(acceptWebSocket(upgrade), (socket) => createWebSocketStream(socket))
  })

const refused = (message: string) => Effect.fail(new Refusal({ reason: "BadRequest", message }))

/** How the client wants to speak of the streams of an exec or attach. */
export type StreamForm =
  | { readonly form: "spdy" }
  | { readonly form: "webSocket"; readonly protocol: Subprotocol }

/** Fails with `BadRequest` where no protocol is spoken by both. */
export const streamFormOf = ({ request }: Upgrade): Effect.Effect<StreamForm, Refusal> => {
  if (isSpdy(request)) {
    return listed(request.headers["x-stream-protocol-version"]).has(spdyProtocol)
      ? Effect.succeed({ form: "spdy" })
      : refused(`over SPDY ${spdyProtocol} is spoken: offer it in X-Stream-Protocol-Version`)
  }
  const protocol = chooseSubprotocol(subprotocols(request))
  return protocol === undefined
    ? refused("v5.channel.k8s.io and v4.channel.k8s.io are spoken: offer one in Sec-WebSocket-Protocol")
    : Effect.succeed({ form: "webSocket", protocol })
}

/** How the client wants to speak of ports: SPDY, as it is or inside a WebSocket, or a channel of a WebSocket for each. */
export type PortForm = "spdy" | "tunnel" | "channels"

/** Fails with `BadRequest` where no protocol is spoken by both. */
export const portFormOf = (
  { request }: Upgrade,
  ports: ReadonlyArray<number>,
): Effect.Effect<PortForm, Refusal> => {
  if (isSpdy(request)) {
    return listed(request.headers["x-stream-protocol-version"]).has(portForwardProtocol)
      ? Effect.succeed("spdy")
      : refused(`${portForwardProtocol} is spoken: offer it in X-Stream-Protocol-Version`)
  }
  const offered = subprotocols(request)
  if (offered.has(tunnelProtocol)) return Effect.succeed("tunnel")
  if (chooseSubprotocol(offered) === undefined)
    return refused(`${tunnelProtocol} and v4.channel.k8s.io are spoken: offer one in Sec-WebSocket-Protocol`)
  return ports.length === 0
    ? refused("ports: name the ports to forward, as ?ports=8080")
    : Effect.succeed("channels")
}

/** Completes the handshake. Never done where the request is no WebSocket handshake: `ws` answers it and closes the socket. */
export const acceptWebSocket = ({ request, socket, head, sockets }: Upgrade): Effect.Effect<WebSocket> =>
  Effect.callback((resume) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // A peer that breaks the protocol: `ws` closes the socket, and the close is what counts.
      webSocket.on("error", () => {})
      resume(Effect.succeed(webSocket))
    })
  })

/** Leaves HTTP for SPDY: the raw connection. */
export const acceptSpdy = (
  { socket, head }: Upgrade,
  protocol: string = spdyProtocol,
): Effect.Effect<Duplex> =>
  Effect.sync(() => {
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      "Upgrade: SPDY/3.1",
      `X-Stream-Protocol-Version: ${protocol}`,
    ]
    socket.write(`${lines.join("\r\n")}\r\n\r\n`)
    if (head.length > 0) socket.unshift(head)
    return socket
  })

/** The connection of a port-forward over SPDY. */
export const acceptPortForward = (
  upgrade: Upgrade,
  form: Exclude<PortForm, "channels">,
): Effect.Effect<Duplex> =>
  form === "spdy" ? acceptSpdy(upgrade, portForwardProtocol) : acceptTunnel(upgrade)

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
