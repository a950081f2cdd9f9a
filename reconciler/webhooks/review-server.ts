/** The HTTPS server that API servers ask: one POST, one review, one answer. */
import type * as http from "node:http"
import * as https from "node:https"
import type { AddressInfo } from "node:net"
import { Cause, Duration, Effect, Exit, type Scope } from "effect"
import { BadReview } from "./admission-review.ts"
import type { KeyPair } from "./certificates.ts"
import { defaultTimeoutMs, maxConnections, maxHeaderBytes, maxTimeoutMs } from "./limits.ts"
import { describe, type Webhook } from "./webhooks.ts"

class TooLarge extends Error {}

const bodyOf = async (request: http.IncomingMessage, maxBytes: number): Promise<unknown> => {
  const chunks: Array<Buffer> = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new TooLarge()
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks, size).toString("utf8"))
  } catch {
    throw new BadReview("the body is not JSON")
  }
}

/** The `timeout` that the server says it waits, a little less: so that it hears why. */
const timeoutOf = (query: URLSearchParams): number => {
  const seconds = Number(/^(\d+(?:\.\d+)?)s$/.exec(query.get("timeout") ?? "")?.[1])
  return Math.min(seconds > 0 ? seconds * 900 : defaultTimeoutMs, maxTimeoutMs)
}

interface Reply {
  readonly status: number
  readonly body: string
}

const refuse = (status: number, why: string): Reply => ({ status, body: JSON.stringify({ message: why }) })

const reply = Effect.fnUntraced(function* (
  webhooks: ReadonlyMap<string, Webhook>,
  request: http.IncomingMessage,
): Effect.fn.Return<Reply> {
  const url = new URL(request.url ?? "/", "https://webhooks")
  const webhook = webhooks.get(url.pathname)
  if (webhook === undefined) return refuse(404, "no webhook is served here")
  if (request.method !== "POST") return refuse(405, "reviews are sent by POST")
  if (!(request.headers["content-type"] ?? "").startsWith("application/json")) {
    return refuse(415, "reviews are sent as application/json")
  }
  const timeoutMs = timeoutOf(url.searchParams)
  const answered = yield* Effect.tryPromise({
    try: async () => webhook.answer(await bodyOf(request, webhook.maxBytes)),
    catch: (thrown) => thrown,
  }).pipe(Effect.timeout(Duration.millis(timeoutMs)), Effect.exit)
  if (Exit.isSuccess(answered)) return { status: 200, body: JSON.stringify(answered.value) }
  const error = Cause.squash(answered.cause)
  if (error instanceof TooLarge) return refuse(413, `a review may have ${webhook.maxBytes} bytes`)
  if (error instanceof BadReview) return refuse(400, error.message)
  // What went wrong inside is for our log, not for who asked.
  yield* Effect.logError(`the ${describe(webhook)} failed`, answered.cause)
  return refuse(500, "the webhook failed")
})

export interface ReviewServer {
  readonly port: number
  /** Certificates for connections from now on. */
  readonly serve: (serving: KeyPair) => void
}

export const startReviewServer = Effect.fnUntraced(function* (options: {
  readonly webhooks: ReadonlyArray<Webhook>
  readonly host: string
  readonly port: number
}): Effect.fn.Return<ReviewServer, never, Scope.Scope> {
  const { host, port } = options
  const webhooks = new Map(options.webhooks.map((webhook) => [webhook.path, webhook]))
  const context = yield* Effect.context<never>()
  const server = https.createServer(
    { maxHeaderSize: maxHeaderBytes, requestTimeout: maxTimeoutMs },
    (request, response) => {
      const answering = Effect.map(reply(webhooks, request), ({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" })
        response.end(body)
        // What was not read of a body that is too large will not be.
        if (!request.complete) request.destroy()
      })
      Effect.runForkWith(context)(answering)
    },
  )
  server.maxConnections = maxConnections
  const listening = Effect.promise(
    () =>
      new Promise<void>((resolve, reject) => {
        server.once("error", (cause) =>
          reject(new Error(`webhooks: cannot listen on ${host}:${port}: ${cause.message}`, { cause })),
        )
        server.listen(port, host, resolve)
      }),
  )
  yield* Effect.acquireRelease(listening, () =>
    Effect.promise(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve())
          server.closeAllConnections()
        }),
    ),
  )
  return {
    port: (server.address() as AddressInfo).port,
    serve: ({ certificate, privateKey }) => server.setSecureContext({ cert: certificate, key: privateKey }),
  }
})
