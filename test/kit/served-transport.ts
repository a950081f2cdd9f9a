/** A transport behind a real TLS server on a loopback port: what goes through it goes over sockets. */
import type * as http from "node:http"
import type { Transport, TransportRequest } from "../../client/index.ts"
import { startTlsServer, type TlsServer } from "../../client/testing/tls-server.ts"

const bodyOf = async (incoming: http.IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

const plain = (headers: http.IncomingHttpHeaders): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(":") || value === undefined ? [] : [[name, String(value)]],
    ),
  )

const answer = async (
  inner: Transport,
  incoming: http.IncomingMessage,
  outgoing: http.ServerResponse,
): Promise<void> => {
  const gone = new AbortController()
  outgoing.on("close", () => gone.abort())
  try {
    const body = await bodyOf(incoming)
    const response = await inner.request({
      method: incoming.method as TransportRequest["method"],
      path: incoming.url ?? "/",
      headers: plain(incoming.headers),
      ...(body.length === 0 ? {} : { body }),
      signal: gone.signal,
    })
    outgoing.writeHead(response.status, response.headers)
    for await (const chunk of response.body) outgoing.write(chunk)
    outgoing.end()
  } catch {
    // What broke inside breaks here too: a reset, not an answer.
    outgoing.destroy()
    if (incoming.httpVersion !== "2.0") incoming.socket.destroy()
  }
}

export const serveTransport = (inner: Transport, protocol: "h2" | "http/1.1"): Promise<TlsServer> =>
  startTlsServer(protocol, (incoming, outgoing) => {
    void answer(inner, incoming, outgoing)
  })
