import { connect } from "node:http2"
import { createServer, request } from "node:https"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { afterAll, beforeAll, expect, it } from "vitest"
import { issueCredentials } from "../../../daemon/node-server/testing/credentials.ts"
import type { Asked } from "./asked.ts"
import { type RecordingProxy, startProxy } from "./proxy.ts"

const asked: Asked[] = []
let proxy: RecordingProxy
let ca = ""
let end = async (): Promise<void> => {}

beforeAll(async () => {
  const { authority, server: pair, clients } = await issueCredentials()
  ca = authority
  const server = createServer({
    cert: pair.cert,
    key: pair.key,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  })
  server.on("request", async (incoming, response) => {
    let text = ""
    for await (const chunk of incoming) text += String(chunk)
    response.writeHead(incoming.url === "/api/v1/pods" ? 200 : 404, { "content-type": "text/plain" })
    response.end(`${incoming.method} ${text}`)
  })
  server.on("upgrade", (_request, socket: Duplex) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n")
    socket.on("error", () => {})
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  proxy = await startProxy({
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca,
    server: pair,
    client: clients.apiserver,
    onAsked: (one) => asked.push(one),
  })
  end = async () => {
    await proxy.close()
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => end())

it("passes on what is asked over HTTP/2, and writes it down", async () => {
  const session = connect(proxy.url, { ca })
  const stream = session.request({ ":path": "/api/v1/pods", ":method": "POST", accept: "text/plain" })
  stream.end("body")
  let status = 0
  stream.on("response", (headers) => {
    status = headers[":status"] ?? 0
  })
  let text = ""
  for await (const chunk of stream) text += String(chunk)
  session.close()
  expect([status, text]).toEqual([200, "POST body"])
  expect(asked.at(-1)).toEqual({
    request: "POST /api/v1/pods",
    headers: ["accept: text/plain"],
    answer: "200 text/plain",
    body: "text",
  })
})

it("joins an upgraded connection with the server's", async () => {
  const { hostname, port } = new URL(proxy.url)
  const socket = await new Promise<Duplex>((resolve, reject) => {
    const sent = request({
      ...{ host: hostname, port, ca, method: "POST", path: "/api/v1/namespaces/a/pods/b/exec?stdin=true" },
      headers: {
        connection: "Upgrade",
        upgrade: "SPDY/3.1",
        "x-stream-protocol-version": "v4.channel.k8s.io",
      },
      agent: false,
    })
    sent.on("upgrade", (_response, upgraded) => resolve(upgraded))
    sent.on("error", reject)
    sent.end()
  })
  const echoed = new Promise<string>((resolve) =>
    socket.once("data", (chunk: Buffer) => resolve(String(chunk))),
  )
  socket.write("hello")
  expect(await echoed).toBe("hello")
  socket.destroy()
  expect(asked.at(-1)).toMatchObject({
    request: "POST /api/v1/namespaces/{namespace}/pods/{name}/exec?stdin=true",
    headers: ["upgrade: SPDY/3.1", "x-stream-protocol-version: v4.channel.k8s.io"],
    answer: "101",
  })
})
