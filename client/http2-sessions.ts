/**
 * HTTP/2 sessions to one server: requests and watches share a session until it is full; a session that ends, is told to go
 * away, or does not answer a ping is replaced by the next request.
 */
import * as http2 from "node:http2"
import type * as tls from "node:tls"
import { after, every } from "./ambient.ts"
import {
  maxStreamsPerSession,
  pingIdleMs,
  pingTimeoutMs,
  sessionWindowBytes,
  streamWindowBytes,
  suspectTimeoutMs,
} from "./limits.ts"
import { ConnectionLost, NotProcessed } from "./lost-requests.ts"
import type { TransportRequest, TransportResponse } from "./transport.ts"

interface Slot {
  readonly session: http2.ClientHttp2Session
  streams: number
  /** Somebody gave up waiting on it: it is asked whether it lives before others wait too. */
  suspect: () => void
}

/** When a silent session is pinged, and when it is given up. */
export interface HealthCheck {
  readonly idleMs: number
  readonly timeoutMs: number
}

const defaultHealthCheck: HealthCheck = { idleMs: pingIdleMs, timeoutMs: pingTimeoutMs }

export class Http2Sessions {
  readonly #origin: string
  readonly #health: HealthCheck
  readonly #slots = new Set<Slot>()

  constructor(origin: string, health = defaultHealthCheck) {
    this.#origin = origin
    this.#health = health
  }

  /** A session with room, if there is one. */
  available(): Slot | undefined {
    for (const slot of this.#slots) {
      if (slot.session.closed || slot.session.destroyed) continue
      const limit = slot.session.remoteSettings.maxConcurrentStreams ?? maxStreamsPerSession
      if (slot.streams < Math.min(limit, maxStreamsPerSession)) return slot
    }
    return undefined
  }

  /** Speaks HTTP/2 on a connection that has agreed to it. */
  adopt(socket: tls.TLSSocket): Slot {
    const session = http2.connect(this.#origin, {
      createConnection: () => socket,
      settings: { initialWindowSize: streamWindowBytes, enablePush: false },
    })
    const slot: Slot = { session, streams: 0, suspect: () => {} }
    const drop = () => {
      this.#slots.delete(slot)
      stopHealthCheck()
      stopSuspecting()
    }
    const stopHealthCheck = watchHealth(slot, socket, this.#health)
    const stopSuspecting = answerSuspicion(slot, socket)
    session.once("connect", () => session.setLocalWindowSize(sessionWindowBytes))
    session.on("goaway", () => this.#slots.delete(slot))
    session.on("error", drop)
    session.on("close", drop)
    session.unref()
    this.#slots.add(slot)
    return slot
  }

  close(): void {
    for (const slot of this.#slots) slot.session.destroy()
    this.#slots.clear()
  }
}

/** Pings a session whose streams are all silent: a dead peer sends no reset, and its watches would wait for ever. */
const watchHealth = (slot: Slot, socket: tls.TLSSocket, health: HealthCheck): (() => void) => {
  let seen = socket.bytesRead
  let cancelDeadline: (() => void) | undefined
  const answered = () => {
    cancelDeadline?.()
    cancelDeadline = undefined
  }
  const probe = () => {
    const idle = socket.bytesRead === seen
    seen = socket.bytesRead
    if (!idle || slot.streams === 0 || slot.session.destroyed || cancelDeadline !== undefined) return
    const dead = new Error(`the connection is dead: no answer to a ping within ${health.timeoutMs} ms`)
    cancelDeadline = after(health.timeoutMs, () => slot.session.destroy(dead))
    slot.session.ping(answered)
  }
  const cancelProbe = every(health.idleMs, probe)
  return () => {
    cancelProbe()
    answered()
  }
}

/** Makes a session that is suspected prove that it lives, soon: anything that comes is proof. */
const answerSuspicion = (slot: Slot, socket: tls.TLSSocket): (() => void) => {
  let cancel: (() => void) | undefined
  slot.suspect = () => {
    if (cancel !== undefined || slot.session.destroyed || slot.session.closed) return
    const seen = socket.bytesRead
    cancel = after(suspectTimeoutMs, () => {
      cancel = undefined
      if (socket.bytesRead !== seen) return
      slot.session.destroy(new Error(`the connection is dead: nothing came within ${suspectTimeoutMs} ms`))
    })
    slot.session.ping(() => {
      cancel?.()
      cancel = undefined
    })
  }
  return () => cancel?.()
}

const responseHeaders = (headers: http2.IncomingHttpHeaders): { readonly [name: string]: string } => {
  const plain: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue
    plain[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return plain
}

/** The body of a stream; unlike the stream's own iterator it tells an end from a reset. */
const bodyOf = async function* (stream: http2.ClientHttp2Stream): AsyncGenerator<Uint8Array> {
  yield* stream as AsyncIterable<Buffer>
  if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) {
    throw new Error(`the server ended the response with HTTP/2 error ${stream.rstCode}`)
  }
}

/** Sends one request on a session. The session keeps the process alive while a stream is open, and only then. */
export const requestOnSession = (
  slot: Slot,
  request: TransportRequest,
  authority: string,
): Promise<TransportResponse> =>
  new Promise((resolve, reject) => {
    if (slot.session.closed || slot.session.destroyed) {
      reject(new NotProcessed("the session has ended"))
      return
    }
    const { signal } = request
    const head = {
      ":method": request.method,
      ":path": request.path,
      ":authority": authority,
      ...request.headers,
    }
    // Said outright: node takes it that a DELETE has no body, and sends none of its options.
    const stream = slot.session.request(head, { endStream: request.body === undefined })
    if (slot.streams++ === 0) slot.session.ref()
    const abort = () => {
      stream.close(http2.constants.NGHTTP2_CANCEL)
      slot.suspect()
    }
    const refused = () =>
      stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM
        ? new NotProcessed("the server refused the stream")
        : new ConnectionLost("the connection ended before a response came")
    stream.on("error", (cause) =>
      reject(
        stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM
          ? refused()
          : new ConnectionLost(cause.message, { cause }),
      ),
    )
    stream.once("close", () => {
      signal?.removeEventListener("abort", abort)
      if (--slot.streams === 0) slot.session.unref()
      reject(refused())
    })
    stream.once("response", (headers) =>
      resolve({
        status: headers[":status"] ?? 0,
        headers: responseHeaders(headers),
        body: bodyOf(stream),
      }),
    )
    if (signal?.aborted === true) abort()
    else signal?.addEventListener("abort", abort)
    if (request.body !== undefined) stream.end(request.body)
  })
