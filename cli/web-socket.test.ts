import { createServer, type Server } from "node:http"
import { afterEach, describe, expect, test } from "vitest"
import { type WebSocket, WebSocketServer } from "ws"
import { CliFailure, StatusFailure } from "./failure.ts"
import { openWebSocket } from "./web-socket.ts"

const closing: Array<() => void> = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`
}

const serve = async (converse: (socket: WebSocket, url: string) => void) => {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on("connection", (socket, request) =>
    converse(socket, `${request.url} ${request.headers.authorization}`),
  )
  closing.push(() => sockets.close())
  const url = await listen(server)
  return { server: url, namespace: "default", authorization: async () => "Bearer t" }
}

const collect = async (frames: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = []
  for await (const frame of frames) chunks.push(frame)
  return Buffer.concat(chunks).toString("utf8")
}

describe("a channel", () => {
  test("carries frames both ways, with the path, the subprotocol and the credentials", async () => {
    const config = await serve((socket, url) => {
      socket.send(Buffer.from(`${url} ${socket.protocol}\n`))
      socket.on("message", (data) => {
        socket.send(data)
        socket.close()
      })
    })
    const channel = await openWebSocket(config, "/exec?command=a")
    await channel.send(Buffer.from("echo"))
    expect(await collect(channel.frames)).toBe("/exec?command=a Bearer t v5.channel.k8s.io\necho")
  })

  test("gives a slow reader every frame, in order", async () => {
    const config = await serve((socket) => {
      for (let index = 0; index < 200; index++) socket.send(Buffer.alloc(32 * 1024, index))
      socket.close()
    })
    const channel = await openWebSocket(config, "/")
    const seen: number[] = []
    for await (const frame of channel.frames) {
      seen.push(frame[0] ?? -1)
      if (seen.length % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index))
  })

  test("ends when the connection is cut", async () => {
    const config = await serve((socket) => socket.terminate())
    expect(await collect((await openWebSocket(config, "/")).frames)).toBe("")
  })

  test("fails with the server's Status when it does not upgrade", async () => {
    const status = { kind: "Status", code: 404, reason: "NotFound", message: 'sandboxes "x" not found' }
    const server = await listen(
      createServer().on("upgrade", (_request, socket) => {
        const body = JSON.stringify(status)
        socket.end(
          `HTTP/1.1 404 Not Found\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
        )
      }),
    )
    const error = await openWebSocket({ server, namespace: "default" }, "/").catch((cause: unknown) => cause)
    expect(error instanceof StatusFailure && [error.reason, error.message]).toEqual([
      "NotFound",
      status.message,
    ])
  })

  test("fails when nobody listens", async () => {
    const server = await listen(createServer())
    for (const close of closing.splice(0)) close()
    const error = await openWebSocket({ server, namespace: "default" }, "/").catch((cause: unknown) => cause)
    expect(error instanceof CliFailure && error.reason).toBe("Unreachable")
  })
})
