import { mkdtemp, rm } from "node:fs/promises"
import { connect as connectHttp2 } from "node:http2"
import { Agent, request as httpsRequest } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { connect as connectTls } from "node:tls"
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { WebSocket } from "ws"
import { definitions } from "../../schemas/index.ts"
import { makeMemoryStore } from "../../store/index.ts"
import { certificateAuthenticator, tokenAuthenticator } from "../authenticator.ts"
import { limits } from "../limits.ts"
import type { KeyPair } from "../pki/certificate.ts"
import { ensurePki, issueClientCertificate, type Pki } from "../pki/pki.ts"
import { ApiServer } from "../server.ts"
import { configMap, configMaps } from "../test-world.ts"
import { listen } from "./listen.ts"

let dir = ""
let pki: Pki
let admin: KeyPair
let stranger: KeyPair
let running: { readonly port: number; readonly scope: Scope.Closeable }

const start = Effect.gen(function* () {
  const server = yield* ApiServer.make({
    store: makeMemoryStore(),
    definitions,
    authenticate: [
      certificateAuthenticator,
      tokenAuthenticator({ "a-token": { name: "robot", groups: ["system:masters"] } }),
    ],
  })
  yield* server.ready
  const tls = { cert: pki.server.certificate, key: pki.server.privateKey }
  return yield* listen({ server, host: "127.0.0.1", port: 0, tls, clientCA: pki.ca.certificate })
})

const open = async () => {
  const scope = await Effect.runPromise(Scope.make())
  const { port } = await Effect.runPromise(Scope.provide(start, scope))
  return { port, scope }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "listen-"))
  const now = Date.now()
  const issue = (ca: KeyPair) =>
    Effect.runPromise(issueClientCertificate({ ca, user: "admin", groups: ["system:masters"], days: 1, now }))
  pki = await Effect.runPromise(ensurePki({ dir: join(dir, "a"), hosts: [], now }))
  const other = await Effect.runPromise(ensurePki({ dir: join(dir, "b"), hosts: [], now }))
  admin = await issue(pki.ca)
  stranger = await issue(other.ca)
  running = await open()
})

afterAll(async () => {
  await Effect.runPromise(Scope.close(running.scope, Exit.void))
  await rm(dir, { recursive: true, force: true })
})

interface Sent {
  readonly method?: string
  readonly body?: string | Buffer
  readonly headers?: { readonly [name: string]: string }
  readonly client?: KeyPair
  readonly port?: number
}

const tlsOf = (client: KeyPair | undefined) => ({
  ca: pki.ca.certificate,
  ...(client === undefined ? {} : { cert: client.certificate, key: client.privateKey }),
})

const send = (path: string, { method = "GET", body, headers = {}, client, port = running.port }: Sent = {}) =>
  new Promise<{ status: number; text: string; headers: { readonly [name: string]: unknown } }>(
    (resolve, reject) => {
      const agent = new Agent({ keepAlive: false })
      const request = httpsRequest({
        host: "127.0.0.1",
        port,
        path,
        method,
        headers,
        agent,
        ...tlsOf(client),
      })
      request.on("error", reject)
      request.on("response", (response) => {
        const chunks: Buffer[] = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("error", reject)
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
            headers: response.headers,
          }),
        )
      })
      request.end(body)
    },
  )

test("a client certificate of the cluster's CA is its user; any other is nobody", async () => {
  expect((await send(configMaps, { client: admin })).status).toBe(200)
  expect((await send(configMaps)).status).toBe(401)
  expect((await send(configMaps, { client: stranger })).status).toBe(401)
  expect((await send("/readyz")).text).toBe("ok")
})

test("a bearer token is its user; a wrong one is nobody", async () => {
  expect((await send(configMaps, { headers: { authorization: "Bearer a-token" } })).status).toBe(200)
  expect((await send(configMaps, { headers: { authorization: "Bearer other" } })).status).toBe(401)
})

test("HTTP/1.1 creates, reads and deletes", async () => {
  const body = JSON.stringify(configMap("one", { k: "v" }))
  const created = await send(configMaps, { method: "POST", body, client: admin })
  expect([created.status, created.headers["content-length"]]).toEqual([
    201,
    String(Buffer.byteLength(created.text)),
  ])
  expect((await send(`${configMaps}/one`, { client: admin })).text).toBe(created.text)
  const head = await send("/readyz", { method: "HEAD", client: admin })
  expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", "2"])
  expect((await send(`${configMaps}/one`, { method: "HEAD", client: admin })).status).toBe(405)
  expect((await send(`${configMaps}/one`, { method: "DELETE", client: admin })).status).toBe(200)
})

test("a body over the limit is 413, in HTTP/1.1 as in HTTP/2", async () => {
  const body = Buffer.alloc(limits.bodyBytesMax + 1, 0x20)
  const answer = await send(configMaps, { method: "POST", body, client: admin })
  expect([answer.status, JSON.parse(answer.text).reason]).toEqual([413, "RequestEntityTooLarge"])
})

test("a watch over HTTP/1.1 has its head at once, then events as they happen", async () => {
  const lines: string[] = []
  const agent = new Agent()
  const request = httpsRequest({
    host: "127.0.0.1",
    port: running.port,
    path: `${configMaps}?watch=true`,
    agent,
    ...tlsOf(admin),
  })
  const response = await new Promise<import("node:http").IncomingMessage>((resolve, reject) => {
    request.on("error", reject)
    request.on("response", resolve)
    request.end()
  })
  expect([response.statusCode, response.headers["content-length"]]).toEqual([200, undefined])
  const first = new Promise<void>((resolve) => {
    response.on("data", (chunk: Buffer) => {
      lines.push(chunk.toString())
      resolve()
    })
  })
  await send(configMaps, { method: "POST", body: JSON.stringify(configMap("watched")), client: admin })
  await first
  expect(JSON.parse(lines.join("")).type).toBe("ADDED")
  request.destroy()
  agent.destroy()
})

test("HTTP/2 is spoken by ALPN: many streams on one connection", async () => {
  const session = connectHttp2(`https://127.0.0.1:${running.port}`, tlsOf(admin))
  const ask = (headers: { readonly [name: string]: string }, body?: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const stream = session.request(headers, { endStream: body === undefined })
      let status = 0
      let text = ""
      stream.on("response", (head) => {
        status = head[":status"] ?? 0
      })
      stream.setEncoding("utf8")
      stream.on("data", (chunk: string) => {
        text += chunk
      })
      stream.on("end", () => resolve({ status, text }))
      stream.on("error", reject)
      if (body !== undefined) stream.end(body)
    })
  const created = await ask({ ":method": "POST", ":path": configMaps }, JSON.stringify(configMap("two")))
  expect(created.status).toBe(201)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask({ ":path": `${configMaps}/two` })))
  for (const answer of answers) expect(answer).toEqual({ status: 200, text: created.text })
  const watch = session.request({ ":path": `${configMaps}?watch=true&fieldSelector=metadata.name%3Dthree` })
  await new Promise((resolve) => watch.on("response", resolve))
  const event = new Promise<Buffer>((resolve) => watch.once("data", resolve))
  await ask({ ":method": "POST", ":path": configMaps }, JSON.stringify(configMap("three")))
  expect(JSON.parse((await event).toString()).type).toBe("ADDED")
  watch.close()
  session.close()
})

test("a browser watches over a WebSocket, with its token as a subprotocol", async () => {
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from("a-token").toString("base64url")}`
  const url = `wss://127.0.0.1:${running.port}${configMaps}?watch=true&fieldSelector=metadata.name%3Dsocket`
  const socket = new WebSocket(url, [token, "base64.binary.k8s.io"], { ca: pki.ca.certificate })
  await new Promise((resolve, reject) => {
    socket.on("open", resolve)
    socket.on("error", reject)
  })
  expect(socket.protocol).toBe("base64.binary.k8s.io")
  const messages: string[] = []
  const two = new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      messages.push(String(data))
      if (messages.length === 2) resolve()
    })
  })
  const large = configMap("socket", { k: "x".repeat(70_000) })
  await send(configMaps, { method: "POST", body: JSON.stringify(large), client: admin })
  await send(`${configMaps}/socket`, { method: "DELETE", client: admin })
  await two
  expect(messages.map((message) => JSON.parse(message).type)).toEqual(["ADDED", "DELETED"])
  const closed = new Promise((resolve) => socket.on("close", resolve))
  socket.close()
  await closed
})

test("an upgrade of what is no watch, or of nobody's, is refused", async () => {
  const refused = async (path: string, protocols: string[]) => {
    const socket = new WebSocket(`wss://127.0.0.1:${running.port}${path}`, protocols, {
      ca: pki.ca.certificate,
    })
    return new Promise((resolve) => {
      socket.on("error", () => {})
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode))
    })
  }
  const token = `base64url.bearer.authorization.k8s.io.${Buffer.from("a-token").toString("base64url")}`
  expect(await refused(`${configMaps}?watch=true`, ["v4.channel.k8s.io"])).toBe(401)
  expect(await refused(configMaps, [token])).toBe(404)
  expect(await refused(`${configMaps}?watch=true&resourceVersion=x`, [token, "a"])).toBe(400)
})

test("bytes that are no HTTP end the connection, not the server", async () => {
  await new Promise<void>((resolve) => {
    const socket = connectTls({ host: "127.0.0.1", port: running.port, ca: pki.ca.certificate }, () => {
      socket.write("\u0000\u0001 nonsense\r\n\r\n")
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve())
    socket.resume()
  })
  expect((await send("/readyz")).status).toBe(200)
})

test("an address that is in use is an error value with one sentence", async () => {
  const tls = { cert: pki.server.certificate, key: pki.server.privateKey }
  const attempt = Effect.scoped(
    Effect.gen(function* () {
      const server = yield* ApiServer.make({ store: makeMemoryStore(), definitions })
      return yield* listen({ server, host: "127.0.0.1", port: running.port, tls })
    }),
  )
  const error = await Effect.runPromise(Effect.flip(attempt))
  expect(error).toMatchObject({ _tag: "ListenError", reason: "AddressInUse" })
  expect(error.message).not.toContain("\n")
})

test("a certificate that is none is an error value", async () => {
  const attempt = Effect.scoped(
    Effect.gen(function* () {
      const server = yield* ApiServer.make({ store: makeMemoryStore(), definitions })
      return yield* listen({ server, host: "127.0.0.1", port: 0, tls: { cert: "x", key: "y" } })
    }),
  )
  expect(await Effect.runPromise(Effect.flip(attempt))).toMatchObject({ reason: "BadCertificate" })
})

test("closing ends open watches cleanly and closes the port", async () => {
  const own = await open()
  const path = `${configMaps}?watch=true`
  const request = httpsRequest({
    host: "127.0.0.1",
    port: own.port,
    path,
    agent: new Agent(),
    ...tlsOf(admin),
  })
  const ended = new Promise<boolean>((resolve, reject) => {
    request.on("error", reject)
    request.on("response", (response) => {
      response.resume()
      response.on("close", () => resolve(response.complete))
      Effect.runFork(Scope.close(own.scope, Exit.void))
    })
  })
  request.end()
  expect(await ended).toBe(true)
  await expect(send("/readyz", { port: own.port })).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/)
})

test("closing ends HTTP/2 streams without an error, and the connection after them", async () => {
  const own = await open()
  const session = connectHttp2(`https://127.0.0.1:${own.port}`, tlsOf(admin))
  const watch = session.request({ ":path": `${configMaps}?watch=true` })
  await new Promise((resolve) => watch.on("response", resolve))
  const errors: unknown[] = []
  watch.on("error", (error) => errors.push(error))
  watch.resume()
  const ended = new Promise((resolve) => watch.on("end", resolve))
  const closed = new Promise((resolve) => session.on("close", resolve))
  await Effect.runPromise(Scope.close(own.scope, Exit.void))
  await ended
  await closed
  expect(errors).toEqual([])
})
