/**
 * Connections to ports of a sandbox, each a pair of streams of one SPDY connection: `data`, and `error` for a sentence when
 * it does not work. Source: kubelet's portforward protocol `portforward.k8s.io`.
 */
import type { Duplex } from "node:stream"
import { pipeline } from "node:stream/promises"
import { Effect, FiberSet, type Scope } from "effect"
import { type SandboxId, SandboxRuntime } from "../../runtime-shim/index.ts"
import { limits } from "./limits.ts"
import { type SpdyStream, serveSpdy } from "./spdy/index.ts"

export const portForwardProtocol = "portforward.k8s.io"
/** The same inside a WebSocket. */
export const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`

interface Pair {
  readonly data: SpdyStream
  readonly error: SpdyStream
  readonly port: number
}

const portOf = ({ headers }: SpdyStream): number | undefined => {
  const text = headers.get("port") ?? ""
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** Finds the streams that belong together: by their request id, the error stream first. */
const pairing = (onPair: (pair: Pair) => void): ((stream: SpdyStream) => void) => {
  const errors = new Map<string, SpdyStream>()
  return (stream) => {
    const request = stream.headers.get("requestid") ?? ""
    const port = portOf(stream)
    if (stream.headers.get("streamtype") === "error") {
      stream.resume()
      errors.set(request, stream)
      stream.once("close", () => errors.delete(request))
      return
    }
    const error = errors.get(request)
    if (port === undefined || error === undefined) {
      stream.destroy()
      return
    }
    errors.delete(request)
    onPair({ data: stream, error, port })
  }
}

const join = (data: Duplex, target: Duplex): Promise<unknown> =>
  Promise.allSettled([pipeline(data, target), pipeline(target, data)])

/** One connection to its end. */
const forward = (id: SandboxId, { data, error, port }: Pair): Effect.Effect<void, never, SandboxRuntime> =>
  Effect.gen(function* () {
    const runtime = yield* SandboxRuntime
    const target = yield* runtime.dial(id, port)
    yield* Effect.promise(() => join(data, target))
    error.end()
  }).pipe(
    Effect.scoped,
    Effect.catch(({ message }) =>
      Effect.sync(() => {
        error.end(message.slice(0, limits.errorCharacters))
        data.resume()
        data.end()
      }),
    ),
    Effect.ensuring(Effect.sync(() => void (data.readableEnded || data.destroy()))),
  )

/** Forwards until the connection ends. */
export const servePortForward = Effect.fnUntraced(function* (
  transport: Duplex,
  id: SandboxId,
): Effect.fn.Return<void, never, SandboxRuntime | Scope.Scope> {
  const fibers = yield* FiberSet.make<void>()
  const fork = yield* FiberSet.runtime(fibers)<SandboxRuntime>()
  yield* Effect.addFinalizer(() => Effect.sync(() => transport.destroy()))
  const connection = serveSpdy(
    transport,
    pairing((pair) => void fork(forward(id, pair))),
  )
  yield* Effect.promise(() => connection.closed)
})
