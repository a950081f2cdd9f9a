/**
 * A connection of several byte streams to a subresource: exec, attach, port-forward. Start with {@link openChannel}.
 *
 * WebSocket, protocol `v5.channel.k8s.io`: each message's first byte says which stream it belongs to.
 * Source: KEP-4006; apimachinery `remotecommand` has the numbers.
 */
import type { WebSocket } from "ws"
import { ApiError } from "./api-error.ts"
import { type ConnectionConfig, credentialHeaders, tlsOptions } from "./connection-config.ts"
import { connectTimeoutMs, maxChannelBacklogBytes } from "./limits.ts"
import { asApiError, readError } from "./response.ts"

/** The streams of exec and attach. */
export const streams = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

export interface Frame {
  readonly stream: number
  readonly data: Buffer
}

/** Iterates over what comes in; ends when the server closes, throws when the connection breaks. */
export interface Channel extends AsyncIterable<Frame> {
  readonly protocol: string
  /** Settles when the bytes are handed to the system: await it, and memory stays bounded. */
  send(stream: number, data: Uint8Array): Promise<void>
  /** Says that no more will come on the stream (`stdin`). Protocols before v5 cannot say it. */
  closeStream(stream: number): Promise<void>
  resize(size: { readonly width: number; readonly height: number }): Promise<void>
  close(): void
}

const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]

/** Connects over the credentials of the config; rejects with {@link ApiError}, with the Status of a server that refuses. */
export const openChannel = async (
  config: ConnectionConfig,
  path: string,
  options: { readonly protocols?: ReadonlyArray<string>; readonly signal?: AbortSignal } = {},
): Promise<Channel> => {
  const [shown = path] = path.split("?")
  const operation = `CONNECT ${shown}`
  try {
    // Only exec and its like need it: most commands start faster without.
    const { WebSocket } = await import("ws")
    const url = `${config.server.replace(/^http/, "ws").replace(/\/+$/, "")}${path}`
    const socket = new WebSocket(url, [...(options.protocols ?? protocols)], {
      ...tlsOptions(config),
      headers: await credentialHeaders(config),
      handshakeTimeout: connectTimeoutMs,
      perMessageDeflate: false,
    })
    options.signal?.addEventListener("abort", () => socket.terminate(), { once: true })
    const incoming = collect(socket)
    await opened(socket, operation)
    return channelOf(socket, incoming)
  } catch (cause) {
    throw asApiError(operation, cause)
  }
}

const opened = (socket: WebSocket, operation: string): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("open", resolve)
    socket.once("error", reject)
    socket.once("close", () => reject(new Error("the server closed the connection")))
    socket.once("unexpected-response", (_request, response) => {
      const { statusCode = 0, headers } = response
      const retryAfter = headers["retry-after"]
      readError(operation, {
        status: statusCode,
        headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
        body: response,
      })
        .then(reject, reject)
        .finally(() => socket.terminate())
    })
  })

/** Frames from the first moment on: the server may speak before anyone reads. */
const collect = (socket: WebSocket) => {
  const frames: Array<Frame> = []
  let backlog = 0
  let ended: { readonly error?: Error } | undefined
  let wake = (): void => {}
  const end = (reason: { readonly error?: Error }): void => {
    ended ??= reason
    wake()
  }
  socket.on("message", (message: Buffer | ArrayBuffer | Array<Buffer>) => {
    const bytes = Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message as ArrayBuffer)
    const stream = bytes[0]
    if (stream === undefined) return
    frames.push({ stream, data: bytes.subarray(1) })
    backlog += bytes.length
    // A slow reader holds the sender back, through TCP, before memory fills.
    if (backlog > maxChannelBacklogBytes) socket.pause()
    wake()
  })
  socket.on("error", (error) => end({ error }))
  socket.on("close", (code) =>
    end(code === 1000 || code === 1005 ? {} : { error: new Error(`the connection ended with code ${code}`) }),
  )

  return async function* (): AsyncGenerator<Frame> {
    for (;;) {
      const frame = frames.shift()
      if (frame !== undefined) {
        backlog -= frame.data.length + 1
        if (socket.isPaused && backlog <= maxChannelBacklogBytes / 2) socket.resume()
        yield frame
      } else if (ended !== undefined) {
        if (ended.error !== undefined) throw ended.error
        return
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  }
}

const channelOf = (socket: WebSocket, incoming: () => AsyncGenerator<Frame>): Channel => {
  const send = (stream: number, data: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      const message = Buffer.concat([Buffer.from([stream]), data])
      socket.send(message, (error) => (error === undefined || error === null ? resolve() : reject(error)))
    })
  return {
    protocol: socket.protocol,
    send,
    closeStream: async (stream) => {
      if (socket.protocol.startsWith("v5.")) await send(streams.close, Buffer.from([stream]))
    },
    resize: ({ width, height }) =>
      send(streams.resize, Buffer.from(JSON.stringify({ Width: width, Height: height }))),
    close: () => socket.close(1000),
    [Symbol.asyncIterator]: incoming,
  }
}

/** The exit code that a command's last word on the `error` stream tells; undefined when it tells none. */
export const exitCodeOf = (status: unknown): number | undefined => {
  if (typeof status !== "object" || status === null) return undefined
  const { status: result, details } = status as { readonly status?: unknown; readonly details?: unknown }
  if (result === "Success") return 0
  const causes = (details as { readonly causes?: unknown } | undefined)?.causes
  if (!Array.isArray(causes)) return undefined
  const cause = causes.find((found: { readonly reason?: unknown }) => found.reason === "ExitCode")
  const code = Number(cause?.message)
  return Number.isInteger(code) ? code : undefined
}
