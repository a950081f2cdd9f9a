/** The log of a sandbox as the body of an HTTP response, no faster than its reader takes it. */
import type { ServerResponse } from "node:http"
import { Clock, Effect, Stream } from "effect"
import { type LogOptions, type RuntimeError, SandboxRuntime } from "../../runtime-shim/index.ts"
import type { Refusal } from "./refusal.ts"
import { resolveSandbox } from "./resolve.ts"
import type { LogQuery, SandboxName } from "./route.ts"

/** Writes one chunk; done when the reader has room for the next. Never done once the peer is gone: be interrupted. */
const writeChunk = (response: ServerResponse, chunk: Uint8Array): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (response.write(chunk)) return resume(Effect.void)
    const onDrain = () => resume(Effect.void)
    response.once("drain", onDrain)
    return Effect.sync(() => response.off("drain", onDrain))
  })

const sinceOf = ({ sinceSeconds, sinceTime }: LogQuery, nowMs: number): Pick<LogOptions, "since"> => {
  const since = sinceSeconds === undefined ? sinceTime : nowMs - sinceSeconds * 1000
  return since === undefined ? {} : { since: new Date(since) }
}

/** The first bytes of a log, as many as are asked for. */
const limited =
  (limitBytes: number | undefined) =>
  <E>(chunks: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> => {
    if (limitBytes === undefined) return chunks
    let left = limitBytes
    return chunks.pipe(
      Stream.map((chunk) => {
        const part = chunk.subarray(0, left)
        left -= part.length
        return part
      }),
      Stream.takeUntil(() => left === 0),
    )
  }

const logOptionsOf = (query: LogQuery, nowMs: number): LogOptions => ({
  follow: query.follow,
  timestamps: query.timestamps,
  ...(query.tailLines === undefined ? {} : { tailLines: query.tailLines }),
  ...sinceOf(query, nowMs),
})

/**
 * Serves one log request to its end. A failure before the head is a Refusal; one after it breaks the connection, so that
 * the reader sees that the log is not whole.
 */
export const serveLog = Effect.fnUntraced(function* (
  response: ServerResponse,
  { sandbox, query }: { readonly sandbox: SandboxName; readonly query: LogQuery },
): Effect.fn.Return<void, Refusal | RuntimeError, SandboxRuntime> {
  const runtime = yield* SandboxRuntime
  const id = yield* resolveSandbox(sandbox, { previous: query.previous })
  const now = yield* Clock.currentTimeMillis
  response.writeHead(200, { "content-type": "text/plain", "cache-control": "no-cache, private" })
  // Readers of a quiet log wait for the head.
  response.flushHeaders()
  yield* runtime.logs(id, logOptionsOf(query, now)).pipe(
    limited(query.limitBytes),
    Stream.runForEach((chunk) => writeChunk(response, chunk)),
  )
  response.end()
})
