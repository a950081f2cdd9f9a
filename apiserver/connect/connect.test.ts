import { mkdtemp, rm } from "node:fs/promises"
import { Agent, createServer, request as httpsRequest, type Server } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, expect, test } from "vitest"
import { definitions, type Json } from "../../schemas/index.ts"
import { makeMemoryStore } from "../../store/index.ts"
import { listen } from "../frontend/listen.ts"
import type { KeyPair } from "../pki/certificate.ts"
import { ensurePki, issueClientCertificate, issueServerCertificate } from "../pki/pki.ts"
import { ApiServer } from "../server.ts"

const sandboxes = "/apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes"
const scope = Effect.runSync(Scope.make())
let dir = ""
let node: Server
let ca = ""
let admin: KeyPair
let port = 0
const asked: Array<string> = []

const stats = {
  timeMs: Date.UTC(2030, 0, 1),
  windowMs: 15_000,
  node: { cpuNanosPerSecond: 1_500_000_000, memoryBytes: 1 << 30 },
  sandboxes: [
    { namespace: "default", name: "here", cpuNanosPerSecond: 2_500_000, memoryBytes: 3_000 },
    { namespace: "other", name: "here", cpuNanosPerSecond: 1, memoryBytes: 1 },
  ],
}

/** A node that answers logs with two lines and echoes upgraded connections in upper case. */
const makeNode = (serving: KeyPair): Server => {
  const server = createServer({
    cert: serving.certificate,
    key: serving.privateKey,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  })
  server.on("request", (request, response) => {
    asked.push(request.url ?? "")
    if (request.url === "/stats") {
      response.end(JSON.stringify(stats))
      return
    }
    response.writeHead(200, { "content-type": "text/plain" })
    response.write("one\n")
    setImmediate(() => response.end("two\n"))
  })
  server.on("upgrade", (request, socket: Duplex) => {
    asked.push(request.url ?? "")
    if (request.url?.includes("command=refused")) {
      socket.end("HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
      return
    }
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n",
    )
    socket.on("data", (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()))
    socket.on("error", () => {})
    socket.on("end", () => socket.end())
  })
  return server
}

const tls = () => ({ ca, cert: admin.certificate, key: admin.privateKey })

const send = (method: string, path: string, body?: Json) =>
  new Promise<{ status: number; text: string; type: string }>((resolve, reject) => {
    const request = httpsRequest({ host: "127.0.0.1", port, method, path, agent: new Agent(), ...tls() })
    request.on("error", reject)
    request.on("response", (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => {
        text += chunk
      })
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text, type: response.headers["content-type"] ?? "" }),
      )
    })
    request.end(body === undefined ? undefined : JSON.stringify(body))
  })

const sandbox = (name: string, nodeName?: string): Json => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name },
  spec: { containers: [{ name: "c", image: "i" }], ...(nodeName === undefined ? {} : { nodeName }) },
})

const makeNodeObject = async (name: string, at: number): Promise<void> => {
  await send("POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } })
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: at } },
  }
  const found = JSON.parse((await send("GET", `/api/v1/nodes/${name}`)).text)
  await send("PUT", `/api/v1/nodes/${name}/status`, { ...found, status })
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "connect-"))
  const now = Date.now()
  const program = Effect.gen(function* () {
    const pki = yield* ensurePki({ dir, hosts: [], now })
    ca = pki.ca.certificate
    admin = yield* issueClientCertificate({
      ca: pki.ca,
      user: "admin",
      groups: ["system:masters"],
      days: 1,
      now,
    })
    const serving = yield* issueServerCertificate({
      ca: pki.ca,
      commonName: "system:node:n1",
      hosts: ["127.0.0.1"],
      days: 1,
      now,
    })
    node = makeNode(serving)
    const server = yield* ApiServer.make({
      store: makeMemoryStore(),
      definitions,
      connect: {
        resources: {
          "compute.miren.dev/sandboxes": ["log", "exec", "attach", "portforward"],
          pods: ["log", "exec", "attach", "portforward"],
        },
        clientTls: { cert: pki.server.certificate, key: pki.server.privateKey, ca },
      },
    })
    yield* server.ready
    const listening = yield* listen({
      server,
      host: "127.0.0.1",
      port: 0,
      clientCA: ca,
      tls: { cert: pki.server.certificate, key: pki.server.privateKey },
    })
    port = listening.port
  })
  await Effect.runPromise(Scope.provide(program, scope))
  await new Promise<void>((resolve) => node.listen(0, "127.0.0.1", resolve))
  await makeNodeObject("n1", (node.address() as AddressInfo).port)
  await makeNodeObject("dead", 1)
  await send("POST", sandboxes, sandbox("here", "n1"))
  await send("POST", sandboxes, sandbox("nowhere"))
  await send("POST", sandboxes, sandbox("lost", "n9"))
  await send("POST", sandboxes, sandbox("unreachable", "dead"))
})

afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  node.closeAllConnections()
  node.close()
  await rm(dir, { recursive: true, force: true })
})

test("logs come from the node that runs the object, with the client's query", async () => {
  const answer = await send("GET", `${sandboxes}/here/log?container=c&tailLines=2`)
  expect(answer).toEqual({ status: 200, text: "one\ntwo\n", type: "text/plain" })
  expect(asked.at(-1)).toBe("/sandboxes/default/here/log?container=c&tailLines=2")
})

test.each([
  [`${sandboxes}/here`, "sandbox"],
  ["/api/v1/namespaces/default/pods/here", "pod"],
])("%s has no container by another's name", async (object, kind) => {
  const asked = await send("GET", `${object}/log?container=d`)
  expect(JSON.parse(asked.text)).toMatchObject({
    code: 400,
    reason: "BadRequest",
    message: `container d is not valid for ${kind} here`,
  })
  for (const verb of ["exec", "attach"])
    expect((await upgrade(`${object}/${verb}?container=d&stdout=true`)).status).toBe(400)
  expect((await upgrade(`${object}/attach?container=c&stdout=true`)).status).toBe(101)
})

const upgrade = (path: string) =>
  new Promise<{ status: number; protocol: unknown; socket: Duplex | undefined }>((resolve, reject) => {
    const request = httpsRequest({
      host: "127.0.0.1",
      port,
      path,
      agent: new Agent(),
      ...tls(),
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-protocol": "v5.channel.k8s.io",
        "sec-websocket-key": "a",
        "sec-websocket-version": "13",
      },
    })
    request.on("error", reject)
    request.on("upgrade", (response, socket) =>
      resolve({ status: 101, protocol: response.headers["sec-websocket-protocol"], socket }),
    )
    request.on("response", (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, protocol: undefined, socket: undefined })
    })
    request.end()
  })

test("an upgraded connection is joined with the node's, both ways", async () => {
  const { status, protocol, socket } = await upgrade(`${sandboxes}/here/exec?command=sh&stdin=true`)
  expect([status, protocol]).toEqual([101, "v5.channel.k8s.io"])
  expect(asked.at(-1)).toBe("/sandboxes/default/here/exec?command=sh&stdin=true")
  const echoed = new Promise<string>((resolve) =>
    socket?.once("data", (chunk: Buffer) => resolve(chunk.toString())),
  )
  socket?.write("hello")
  expect(await echoed).toBe("HELLO")
  const closed = new Promise<void>((resolve) => socket?.once("close", resolve))
  socket?.end()
  await closed
})

test("a node's refusal of an upgrade reaches the client", async () => {
  expect((await upgrade(`${sandboxes}/here/exec?command=refused`)).status).toBe(400)
})

test.each([
  ["an object that is not scheduled", "nowhere", 400, "BadRequest"],
  ["a node that does not exist", "lost", 503, "ServiceUnavailable"],
  ["a node that cannot be reached", "unreachable", 503, "ServiceUnavailable"],
  ["an object that does not exist", "none", 404, "NotFound"],
])("%s is told in a Status, to logs and to upgrades", async (_name, name, status, reason) => {
  const answer = await send("GET", `${sandboxes}/${name}/log`)
  expect([answer.status, JSON.parse(answer.text).reason]).toEqual([status, reason])
  expect((await upgrade(`${sandboxes}/${name}/exec`)).status).toBe(status)
})

test("exec without an upgrade is refused, and so are upgrades of anything else", async () => {
  expect((await send("GET", `${sandboxes}/here/exec`)).status).toBe(400)
  expect((await upgrade(`${sandboxes}/here`)).status).toBe(404)
  expect((await upgrade("/healthz")).status).toBe(404)
})

test("discovery names the subresources of nodes", async () => {
  const { text } = await send("GET", "/apis/compute.miren.dev/v1alpha1")
  for (const name of ["log", "exec", "attach", "portforward"]) expect(text).toContain(`"sandboxes/${name}"`)
})

test("a Pod's logs are those of its Sandbox", async () => {
  const answer = await send("GET", "/api/v1/namespaces/default/pods/here/log?tailLines=2")
  expect(answer.text).toBe("one\ntwo\n")
  expect(asked.at(-1)).toBe("/sandboxes/default/here/log?tailLines=2")
  const upgraded = await upgrade("/api/v1/namespaces/default/pods/here/exec?command=sh")
  expect(upgraded.status).toBe(101)
  expect(asked.at(-1)).toBe("/sandboxes/default/here/exec?command=sh")
  upgraded.socket?.destroy()
})

const metrics = "/apis/metrics.k8s.io/v1beta1"

test("what pods use is asked of their nodes; what does not answer is left out", async () => {
  const { status, text } = await send("GET", `${metrics}/namespaces/default/pods`)
  expect(status).toBe(200)
  const { kind, items } = JSON.parse(text)
  expect(kind).toBe("PodMetricsList")
  expect(items).toMatchObject([
    {
      metadata: { name: "here", namespace: "default" },
      timestamp: "2030-01-01T00:00:00Z",
      window: "15s",
      containers: [{ name: "c", usage: { cpu: "2500000n", memory: "3Ki" } }],
    },
  ])
})

test("what one pod or node uses is told by its name", async () => {
  const one = JSON.parse((await send("GET", `${metrics}/namespaces/default/pods/here`)).text)
  expect([one.kind, one.metadata.name]).toEqual(["PodMetrics", "here"])
  const node = JSON.parse((await send("GET", `${metrics}/nodes/n1`)).text)
  expect([node.kind, node.usage]).toEqual(["NodeMetrics", { cpu: "1500000000n", memory: "1048576Ki" }])
  const missing = await send("GET", `${metrics}/namespaces/default/pods/nowhere`)
  expect(missing.status).toBe(404)
  const dead = await send("GET", `${metrics}/nodes/dead`)
  expect(dead.status).toBe(404)
})

test("metrics are only read", async () => {
  expect((await send("POST", `${metrics}/nodes`, {})).status).toBe(405)
  expect((await send("DELETE", `${metrics}/nodes/n1`)).status).toBe(405)
  const { text } = await send("GET", metrics)
  expect(JSON.parse(text).resources).toMatchObject([
    { name: "nodes", verbs: ["get", "list"] },
    { name: "pods", verbs: ["get", "list"] },
  ])
})
