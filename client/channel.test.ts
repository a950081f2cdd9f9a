import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, test } from "vitest"
import { type WebSocket, WebSocketServer } from "ws"
import { type Channel, type ConnectionConfig, exitCodeOf, openChannel, streams } from "./index.ts"

const open: Array<() => void> = []
afterEach(() => {
  for (const close of open.splice(0).reverse()) close()
})

/** A server that does this with each connection, and the way to it. */
const serve = async (
  connected: (socket: WebSocket, url: string) => void,
  options: { readonly refuse?: number; readonly protocol?: string } = {},
): Promise<ConnectionConfig> => {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: (offered) => options.protocol ?? [...offered][0] ?? false,
    verifyClient: (_info, done) => {
      const status = { kind: "Status", status: "Failure", reason: "Forbidden", code: 403, message: "no exec" }
      if (options.refuse === undefined) done(true)
      else done(false, options.refuse, JSON.stringify(status))
    },
  })
  await new Promise((resolve) => server.on("listening", resolve))
  server.on("connection", (socket, request) =>
    connected(socket, `${request.url} ${request.headers.authorization}`),
  )
  open.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    server: `http://127.0.0.1:${port}`,
    namespace: "default",
    authorization: async () => "Bearer t",
  }
}

const connect = async (config: ConnectionConfig): Promise<Channel> => {
  const channel = await openChannel(config, "/exec?command=ls")
  open.push(() => channel.close())
  return channel
}

const read = async (channel: Channel): Promise<Array<string>> => {
  const frames: Array<string> = []
  for await (const { stream, data } of channel) frames.push(`${stream} ${data.toString()}`)
  return frames
}

test("frames go both ways, each on its stream, with the credentials of the connection", async () => {
  const config = await serve((socket, url) => {
    socket.on("message", (message: Buffer) => {
      if (message[0] === streams.close) {
        socket.send(Buffer.concat([Buffer.from([streams.stdout]), Buffer.from(url)]))
        socket.close(1000)
      } else socket.send(message)
    })
  })
  const channel = await connect(config)
  expect(channel.protocol).toBe("v5.channel.k8s.io")
  await channel.send(streams.stdin, Buffer.from("hello"))
  await channel.resize({ width: 80, height: 24 })
  await channel.closeStream(streams.stdin)
  expect(await read(channel)).toEqual([
    "0 hello",
    `4 {"Width":80,"Height":24}`,
    "1 /exec?command=ls Bearer t",
  ])
})

test("what the server says at once is not lost", async () => {
  const config = await serve((socket) => {
    for (let i = 0; i < 100; i++) socket.send(Buffer.from(`\x01${i}`))
    socket.close(1000)
  })
  const channel = await connect(config)
  await new Promise((resolve) => setImmediate(resolve))
  expect(await read(channel)).toHaveLength(100)
})

test("an older server gets no close frame, which it would not know", async () => {
  const seen: Array<number | undefined> = []
  const config = await serve((socket) => socket.on("message", (m: Buffer) => seen.push(m[0])), {
    protocol: "v4.channel.k8s.io",
  })
  const channel = await connect(config)
  await channel.closeStream(streams.stdin)
  expect([channel.protocol, seen]).toEqual(["v4.channel.k8s.io", []])
})

test("a refusal is the server's Status", async () => {
  const config = await serve(() => {}, { refuse: 403 })
  await expect(openChannel(config, "/exec")).rejects.toMatchObject({
    reason: "Forbidden",
    message: "no exec",
  })
})

test("a broken connection throws after what came before", async () => {
  const config = await serve((socket) => {
    socket.send(Buffer.from("\x01half"), () => socket.terminate())
  })
  const channel = await connect(config)
  const frames = channel[Symbol.asyncIterator]()
  expect((await frames.next()).value?.data.toString()).toBe("half")
  await expect(frames.next()).rejects.toThrow()
})

describe("exit codes", () => {
  test.each([
    ["a success is zero", { status: "Success" }, 0],
    [
      "a failure tells its code",
      { status: "Failure", details: { causes: [{ reason: "ExitCode", message: "3" }] } },
      3,
    ],
    [
      "a failure of another kind tells none",
      { status: "Failure", message: "container not found" },
      undefined,
    ],
    ["nonsense tells none", "x", undefined],
  ])("%s", (_name, status, code) => {
    expect(exitCodeOf(status)).toBe(code)
  })
})
