/** A {@link Channel} over a WebSocket, with the credentials of a connection. */
import type { IncomingMessage } from "node:http"
import { type RawData, WebSocket } from "ws"
import { type ConnectionConfig, credentialHeaders, tlsOptions } from "../client/wire/index.ts"
import type { Status } from "../schemas/index.ts"
import { isStatus } from "./api.ts"
import { CliFailure, StatusFailure } from "./failure.ts"
import { maxFrameBacklogBytes, maxLineBytes } from "./limits.ts"
import type { Channel } from "./program.ts"

const subprotocol = "v5.channel.k8s.io"

export const openWebSocket = async (config: ConnectionConfig, path: string): Promise<Channel> => {
  const url = config.server.replace(/^http/, "ws").replace(/\/+$/, "") + path
  const socket = new WebSocket(url, subprotocol, {
    headers: { ...(await credentialHeaders(config)), "user-agent": "mctl" },
    perMessageDeflate: false,
    maxPayload: maxLineBytes,
    ...tlsOptions(config),
  })
  // Listening starts before the socket opens: frames may come with the answer itself.
  const channel = channelOf(socket)
  await opened(socket, config.server)
  return channel
}

const opened = (socket: WebSocket, server: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("open", resolve)
    socket.once("error", (cause) =>
      reject(new CliFailure("Unreachable", `cannot reach the server at ${server}: ${cause.message}`, cause)),
    )
    socket.once("unexpected-response", (_request, response) => {
      refusal(response).then(reject, reject)
    })
  })

/** Why the server did not upgrade: the Status that it sent. */
const refusal = async (response: IncomingMessage): Promise<Error> => {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(Buffer.from(chunk))
  const text = Buffer.concat(chunks).toString("utf8")
  const code = response.statusCode ?? 0
  const fallback: Status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    code,
    message: text.trim() || `HTTP ${code}`,
    ...(code === 404 ? { reason: "NotFound" } : {}),
  }
  try {
    const value: unknown = JSON.parse(text)
    return new StatusFailure(isStatus(value) ? value : fallback)
  } catch {
    return new StatusFailure(fallback)
  }
}

const channelOf = (socket: WebSocket): Channel => ({
  send: (frame) =>
    new Promise((resolve, reject) => {
      socket.send(frame, { binary: true }, (error) => (error ? reject(error) : resolve()))
    }),
  frames: receive(socket),
  close: () => socket.terminate(),
})

/** Frames as they come; the socket is paused while too many wait for their reader. */
const receive = (socket: WebSocket): AsyncIterable<Uint8Array> => {
  const waiting: Uint8Array[] = []
  let bytes = 0
  let ended = false
  let wake = (): void => {}
  socket.on("message", (data: RawData) => {
    const frame = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data)
    waiting.push(frame)
    bytes += frame.byteLength
    if (bytes > maxFrameBacklogBytes) socket.pause()
    wake()
  })
  for (const event of ["close", "error"])
    socket.on(event, () => {
      ended = true
      wake()
    })
  return (async function* () {
    for (;;) {
      const frame = waiting.shift()
      if (frame !== undefined) {
        bytes -= frame.byteLength
        if (socket.isPaused) socket.resume()
        yield frame
      } else if (ended) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  })()
}
