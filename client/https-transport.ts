/**
 * The {@link Transport} to a server across the network: HTTP/2 where it is offered, else HTTP/1.1.
 *
 * Guarantees: a broken, refused or silent connection rejects or ends the body with an error; nothing waits for ever.
 * A request is sent again, once, only when it was certainly not acted on, or is a GET.
 */
import { type ConnectionConfig, credentialHeaders } from "./connection-config.ts"
import { dialTls } from "./dial.ts"
import { type Http1Agent, http1Agent } from "./http1-agent.ts"
import { type HealthCheck, Http2Sessions, requestOnSession } from "./http2-sessions.ts"
import { maySendAgain, NotProcessed } from "./lost-requests.ts"
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts"

export interface HttpsTransport extends Transport {
  /** Ends every connection; requests under way fail. */
  close(): void
}

export const httpsTransport = (config: ConnectionConfig, health?: HealthCheck): HttpsTransport => {
  const url = new URL(config.server)
  const prefix = url.pathname.replace(/\/+$/, "")
  const sessions = new Http2Sessions(url.origin, health)
  let http1: Http1Agent | undefined = url.protocol === "http:" ? http1Agent(config) : undefined
  let dialling: Promise<void> | undefined

  /** Connects once for all who wait: their requests share the session. */
  const dial = (): Promise<void> => {
    dialling ??= dialTls(config)
      .then((socket) => {
        if (socket.alpnProtocol === "h2") {
          sessions.adopt(socket)
          return
        }
        socket.destroy()
        http1 = http1Agent(config)
      })
      .finally(() => {
        dialling = undefined
      })
    return dialling
  }

  const once = async (request: TransportRequest): Promise<TransportResponse> => {
    if (http1 === undefined && sessions.available() === undefined) await abortable(dial(), request.signal)
    if (http1 !== undefined) return http1.request(request)
    const session = sessions.available()
    if (session === undefined) throw new NotProcessed("the session was full at once")
    return requestOnSession(session, request, url.host)
  }

  return {
    request: async (request) => {
      const headers = { ...request.headers, ...(await credentialHeaders(config)) }
      const full = { ...request, path: `${prefix}${request.path}`, headers }
      try {
        return await once(full)
      } catch (error) {
        if (request.signal?.aborted === true || !maySendAgain(request.method, error)) throw error
        return once(full)
      }
    },
    close: () => {
      sessions.close()
      http1?.close()
    },
  }
}

/** The promise, or a rejection as soon as the signal is aborted. */
const abortable = <A>(promise: Promise<A>, signal: AbortSignal | undefined): Promise<A> => {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error("the request was cancelled while connecting"))
    if (signal.aborted) abort()
    signal.addEventListener("abort", abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort))
  })
}
