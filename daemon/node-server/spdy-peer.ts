/**
 * A client that speaks `v4.channel.k8s.io` over SPDY/3.1: it opens one stream for each of error, stdin, stdout, stderr and
 * resize that its query asks for. Source: kubelet's remotecommand createSPDYStreams.
 */
import type { Duplex } from "node:stream"
import { Effect, Option, Queue, type Scope } from "effect"
import { Inbound, parseResize } from "./channel.ts"
import { limits } from "./limits.ts"
import { Refusal } from "./refusal.ts"
import type { ExitStatus, RemotePeer } from "./remote-peer.ts"
import type { StreamQuery } from "./route.ts"
import { type SpdyConnection, type SpdyStream, serveSpdy } from "./spdy/index.ts"

const kinds = ["error", "stdin", "stdout", "stderr", "resize"] as const
type Kind = (typeof kinds)[number]

const kindOf = ({ headers }: SpdyStream): Kind | undefined => {
  const name = headers.get("streamtype")
  return kinds.find((kind) => kind === name)
}

const expectedOf = (query: StreamQuery): ReadonlyArray<Kind> =>
  kinds.filter((kind) => {
    switch (kind) {
      case "error":
        return true
      case "stderr":
        return query.stderr && !query.tty
      case "resize":
        return query.tty
      default:
        return query[kind]
    }
  })

/** Writes; done when there is room for more, or the stream has ended. */
const write = (stream: Duplex, chunk: Uint8Array): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (!stream.writable) return resume(Effect.void)
    const done = () => resume(Effect.void)
    stream.once("close", done)
    stream.write(chunk, () => {
      stream.off("close", done)
      done()
    })
  })

/** Writes the last of it, and lets the peer know that it is. */
const finish = (stream: Duplex): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const done = () => resume(Effect.void)
    if (!stream.writable) return done()
    stream.once("close", done)
    stream.end(done)
  })

interface Listening {
  readonly stream: SpdyStream | undefined
  readonly read: (chunk: Buffer) => ReadonlyArray<Inbound>
  readonly end: Inbound
}

/** Reads a stream into the queue, no faster than that is taken. */
const listen = (queue: Queue.Queue<Inbound>, { stream, read, end }: Listening) =>
  Effect.gen(function* () {
    if (stream === undefined) return
    const chunks: AsyncIterator<unknown> = stream.iterator({ destroyOnReturn: false })
    for (;;) {
      const next = yield* Effect.promise(() =>
        chunks.next().catch(() => ({ done: true as const, value: undefined })),
      )
      if (next.done === true || !Buffer.isBuffer(next.value)) break
      yield* Queue.offerAll(queue, read(next.value))
    }
    yield* Queue.offer(queue, end)
  }).pipe(Effect.forkScoped)

/** The lines of a resize stream: one JSON size after the other. */
const resizeReader = (): ((chunk: Buffer) => ReadonlyArray<Inbound>) => {
  let text = ""
  return (chunk) => {
    text = (text + chunk.toString("utf8")).slice(-limits.resizeCharacters)
    const found = text.match(/\{[^{}]*\}/g) ?? []
    text = text.slice(text.lastIndexOf("}") + 1)
    return found.map((size) => parseResize(Buffer.from(size)))
  }
}

export interface SpdyPeer {
  readonly peer: RemotePeer
  /** Done when the connection has ended. */
  readonly closed: Effect.Effect<void>
  /** Ends the connection: the client first, for a moment, so that nothing that is on its way is lost. */
  readonly close: Effect.Effect<void>
}

const gather = (transport: Duplex, expected: ReadonlyArray<Kind>) =>
  Effect.callback<{
    readonly connection: SpdyConnection
    readonly streams: ReadonlyMap<Kind, SpdyStream>
  }>((resume) => {
    const streams = new Map<Kind, SpdyStream>()
    const connection = serveSpdy(transport, (stream) => {
      const kind = kindOf(stream)
      if (kind === undefined || streams.has(kind) || !expected.includes(kind)) return stream.abort()
      streams.set(kind, stream)
      if (kind !== "stdin" && kind !== "resize") stream.resume()
      if (streams.size === expected.length) resume(Effect.succeed({ connection, streams }))
    })
    return Effect.sync(() => transport.destroy())
  })

/** Waits until the client has opened the streams that its query promises. Fails with `Timeout` when it does not. */
export const makeSpdyPeer = Effect.fnUntraced(function* (
  transport: Duplex,
  query: StreamQuery,
): Effect.fn.Return<SpdyPeer, Refusal, Scope.Scope> {
  const gathered = yield* Effect.timeoutOption(gather(transport, expectedOf(query)), limits.streamsMs)
  if (Option.isNone(gathered)) {
    const message = "the client did not open the streams that it asked for"
    return yield* new Refusal({ reason: "Timeout", message })
  }
  const { connection, streams } = gathered.value
  yield* Effect.addFinalizer(() => Effect.sync(() => transport.destroy()))
  const inbox = yield* Queue.bounded<Inbound>(limits.waitingInboundFrames)
  const readStdin = (chunk: Buffer) => [Inbound.Stdin({ chunk })]
  yield* listen(inbox, { stream: streams.get("stdin"), read: readStdin, end: Inbound.CloseStdin() })
  yield* listen(inbox, { stream: streams.get("resize"), read: resizeReader(), end: Inbound.Ignored() })
  const closed = Effect.promise(() => connection.closed)
  const peer: RemotePeer = {
    opened: Effect.void,
    take: Queue.take(inbox),
    output: (kind, chunk) => {
      const stream = streams.get(kind)
      return stream === undefined ? Effect.void : write(stream, chunk)
    },
    status: (status: ExitStatus) =>
      Effect.gen(function* () {
        for (const kind of ["stdout", "stderr"] as const) {
          const stream = streams.get(kind)
          if (stream !== undefined) yield* finish(stream)
        }
        const error = streams.get("error")
        if (error === undefined) return
        yield* write(error, Buffer.from(JSON.stringify(status)))
        yield* finish(error)
      }),
  }
  const close = Effect.andThen(
    Effect.timeoutOption(closed, limits.lingerMs),
    Effect.sync(() => connection.close()),
  )
  return { peer, closed, close }
})
