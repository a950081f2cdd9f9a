import type * as http from "node:http"
import { afterEach, describe, expect, test } from "vitest"
import type { TransportResponse } from "./index.ts"
import { type ConnectionConfig, type HttpsTransport, httpsTransport } from "./index.ts"
import { startFreezingProxy } from "./testing/freezing-proxy.ts"
import { startTlsServer, type TlsServer } from "./testing/tls-server.ts"

const open: Array<{ close(): unknown }> = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

type Listener = (request: http.IncomingMessage, response: http.ServerResponse) => void

const serve = async (
  protocol: "h2" | "http/1.1",
  listener: Listener,
  config: Partial<ConnectionConfig> = {},
): Promise<{ server: TlsServer; transport: HttpsTransport }> => {
  const server = await startTlsServer(protocol, listener)
  const transport = httpsTransport({ server: server.url, ca: server.ca, namespace: "default", ...config })
  open.push(server, transport)
  return { server, transport }
}

const get = (path: string, signal?: AbortSignal) =>
  ({ method: "GET", path, headers: {}, ...(signal === undefined ? {} : { signal }) }) as const

const read = async (response: TransportResponse): Promise<string> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of response.body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe.each(["h2", "http/1.1"] as const)("over %s", (protocol) => {
  test("a request carries its path, body and credentials, and the answer comes back", async () => {
    const { transport } = await serve(
      protocol,
      (request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          response.writeHead(201, { "x-said": `${request.httpVersion[0]} ${request.headers.authorization}` })
          response.end(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`)
        })
      },
      { authorization: async () => "Bearer t" },
    )
    const body = Buffer.from("hello")
    const response = await transport.request({ method: "POST", path: "/a?b=c", headers: {}, body })
    expect(response.status).toBe(201)
    expect(response.headers["x-said"]).toBe(`${protocol === "h2" ? 2 : 1} Bearer t`)
    expect(await read(response)).toBe("POST /a?b=c hello")
  })

  test("a DELETE carries its options along", async () => {
    const { transport } = await serve(protocol, (request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => response.end(`${request.method} ${Buffer.concat(chunks).toString()}`))
    })
    const body = Buffer.from("{}")
    expect(await read(await transport.request({ method: "DELETE", path: "/a", headers: {}, body }))).toBe(
      "DELETE {}",
    )
    expect(await read(await transport.request({ method: "DELETE", path: "/a", headers: {} }))).toBe("DELETE ")
  })

  test("a path prefix of the server is kept", async () => {
    const server = await startTlsServer(protocol, (request, response) => response.end(request.url))
    const transport = httpsTransport({ server: `${server.url}/k8s/`, ca: server.ca, namespace: "default" })
    open.push(server, transport)
    expect(await read(await transport.request(get("/api")))).toBe("/k8s/api")
  })

  test("a connection cut within a body is an error, never an end", async () => {
    const { server, transport } = await serve(protocol, (_request, response) => {
      response.writeHead(200)
      response.write("half")
    })
    const response = await transport.request(get("/"))
    const chunks = response.body[Symbol.asyncIterator]()
    expect(Buffer.from((await chunks.next()).value).toString()).toBe("half")
    for (const socket of server.sockets) socket.destroy()
    await expect(chunks.next()).rejects.toThrow()
  })

  test("the next request after a cut connection opens a new one", async () => {
    const { server, transport } = await serve(protocol, (_request, response) => response.end("ok"))
    expect(await read(await transport.request(get("/")))).toBe("ok")
    for (const socket of server.sockets) socket.destroy()
    expect(await read(await transport.request(get("/")))).toBe("ok")
  })

  test("an aborted request ends at once, also while its answer streams", async () => {
    const { transport } = await serve(protocol, (request, response) => {
      if (request.url === "/stream") response.write("x")
    })
    const silent = new AbortController()
    const waiting = transport.request(get("/silent", silent.signal))
    silent.abort()
    await expect(waiting).rejects.toThrow()
    const streaming = new AbortController()
    const response = await transport.request(get("/stream", streaming.signal))
    const reading = read(response)
    streaming.abort()
    await expect(reading).rejects.toThrow()
  })

  test("a server that nobody vouches for is refused", async () => {
    const server = await startTlsServer(protocol, (_request, response) => response.end("ok"))
    const transport = httpsTransport({ server: server.url, namespace: "default" })
    open.push(server, transport)
    await expect(transport.request(get("/"))).rejects.toThrow()
  })
})

test("many watches and requests share one HTTP/2 connection", async () => {
  const { server, transport } = await serve("h2", (request, response) => {
    if (request.url === "/watch") response.write("x")
    else response.end("ok")
  })
  const watches = await Promise.all(Array.from({ length: 50 }, () => transport.request(get("/watch"))))
  expect(watches.every((watch) => watch.status === 200)).toBe(true)
  expect(await read(await transport.request(get("/")))).toBe("ok")
  expect(server.connections()).toBe(1)
})

test("nobody listening is an error", async () => {
  const { server, transport } = await serve("h2", () => {})
  await server.close()
  await expect(transport.request(get("/"))).rejects.toThrow()
})

test("a watch on a connection that died silently ends with an error, and the next request connects anew", async () => {
  const server = await startTlsServer("h2", (request, response) => {
    if (request.url === "/watch") response.write("x")
    else response.end("ok")
  })
  const proxy = await startFreezingProxy(server.url)
  const health = { idleMs: 20, timeoutMs: 100 }
  const transport = httpsTransport({ server: proxy.url, ca: server.ca, namespace: "default" }, health)
  open.push(server, proxy, transport)
  const watch = await transport.request(get("/watch"))
  const reading = read(watch)
  proxy.freeze()
  await expect(reading).rejects.toThrow("dead")
  expect(await read(await transport.request(get("/")))).toBe("ok")
})

test("a silent watch on a live connection stays", async () => {
  const server = await startTlsServer("h2", (_request, response) => {
    response.write("x")
    setTimeout(() => response.end("y"), 300)
  })
  const health = { idleMs: 20, timeoutMs: 250 }
  const transport = httpsTransport({ server: server.url, ca: server.ca, namespace: "default" }, health)
  open.push(server, transport)
  expect(await read(await transport.request(get("/")))).toBe("xy")
})
