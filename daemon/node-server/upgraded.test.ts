import { get, request } from "node:https"
import type { Duplex } from "node:stream"
import { describe, expect, it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { SpdyClient } from "./testing/spdy-client.ts"
import { webSocketMessages } from "./testing/web-socket-client.ts"
import { started, tlsOf, type World } from "./testing/world.ts"

interface Asked {
  readonly path: string
  readonly protocols: string
  /** Default: SPDY. */
  readonly form?: "websocket"
}

const headersOf = ({ protocols, form }: Asked): { readonly [name: string]: string } =>
  form === undefined
    ? { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": protocols }
    : {
        connection: "Upgrade",
        upgrade: form,
        "sec-websocket-protocol": protocols,
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
      }

/** Upgrades; the HTTP code where that is refused. */
const upgraded = (world: World, asked: Asked): Effect.Effect<Duplex | number> =>
  Effect.callback((resume) => {
    const { host, port } = world.server
    const method = asked.form === undefined ? "POST" : "GET"
    const sent = request({
      ...{ host, port, path: asked.path, method, agent: false },
      ...tlsOf(world, "apiserver"),
      headers: headersOf(asked),
    })
    sent.on("upgrade", ({ headers }, socket) => {
      const agreed = headers["x-stream-protocol-version"] ?? headers["sec-websocket-protocol"]
      expect(asked.protocols.split(", ")).toContain(agreed)
      resume(Effect.succeed(socket))
    })
    sent.on("response", (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode ?? 0))
    })
    sent.end()
  })

const clientOf = (world: World, asked: Asked): Effect.Effect<SpdyClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(upgraded(world, asked), (socket) => {
      if (typeof socket === "number") throw new Error(`refused with ${socket}`)
      return new SpdyClient(socket)
    }),
    (client) => Effect.sync(() => client.end()),
  )

const v4 = "v5.channel.k8s.io, v4.channel.k8s.io, channel.k8s.io"
const sandbox = "/sandboxes/default/web"
const await_ = <A>(run: () => Promise<A>): Effect.Effect<A> => Effect.promise(run)

/** Opens the streams of an exec in the order that Go's client does. */
const streamsOf = (client: SpdyClient, kinds: ReadonlyArray<string>) =>
  await_(async () => {
    const ids: { [kind: string]: number } = {}
    for (const kind of kinds) ids[kind] = await client.open({ streamtype: kind })
    return (kind: string): number => ids[kind] ?? 0
  })

const exitOf = (client: SpdyClient, error: number): unknown => JSON.parse(client.text(error))

describe("an exec over SPDY", () => {
  it.live("gives both outputs, then the exit on the error stream", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const query = "command=sh&command=-c&command=echo+out%3B+echo+err+%3E%262%3B+exit+3&stdout=1&stderr=1"
      const client = yield* clientOf(world, { path: `${sandbox}/exec?${query}`, protocols: v4 })
      const id = yield* streamsOf(client, ["error", "stdout", "stderr"])
      yield* await_(() => client.until(() => client.ended.has(id("error"))))
      expect([client.text(id("stdout")), client.text(id("stderr"))]).toEqual(["out\n", "err\n"])
      expect(exitOf(client, id("error"))).toMatchObject({
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: "3" }] },
      })
    }),
  )

  it.live("passes on more than fits into any buffer, whole and in order", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const path = `${sandbox}/exec?command=cat&stdin=1&stdout=1`
      const client = yield* clientOf(world, { path, protocols: v4 })
      const id = yield* streamsOf(client, ["error", "stdin", "stdout"])
      const lines = Array.from({ length: 100 }, (_, n) => `${n} ${"x".repeat(20_000)}\n`)
      for (const line of lines) client.send(id("stdin"), line)
      client.send(id("stdin"), "", true)
      yield* await_(() => client.until(() => client.ended.has(id("error"))))
      expect(client.text(id("stdout")) === lines.join("")).toBe(true)
      expect(exitOf(client, id("error"))).toMatchObject({ status: "Success" })
    }),
  )

  it.live("takes the sizes of a terminal", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const path = `${sandbox}/exec?command=cat&stdin=1&stdout=1&tty=1`
      const client = yield* clientOf(world, { path, protocols: v4 })
      const id = yield* streamsOf(client, ["error", "stdin", "stdout", "resize"])
      client.send(id("resize"), '{"Width":80,"Hei')
      client.send(id("resize"), 'ght":24}\n{"Width":81,"Height":25}\n')
      client.send(id("stdin"), "typed", true)
      yield* await_(() => client.until(() => client.ended.has(id("error"))))
      expect(client.text(id("stdout"))).toBe("typed")
    }),
  )

  it.live("ends with its client", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const path = `${sandbox}/exec?command=cat&stdin=1&stdout=1`
      const client = yield* clientOf(world, { path, protocols: v4 })
      const id = yield* streamsOf(client, ["error", "stdin", "stdout"])
      client.send(id("stdin"), "on")
      yield* await_(() => client.until(() => client.text(id("stdout")) === "on"))
      expect(world.attached.count).toBe(1)
      client.end()
      while (world.attached.count > 0) yield* Effect.sleep("5 millis")
    }),
  )

  it.live("is refused before the upgrade where it cannot be", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const path = `${sandbox}/exec?command=true&stdout=1`
      expect(yield* upgraded(world, { path, protocols: "v1.channel.k8s.io" })).toBe(400)
      expect(yield* upgraded(world, { path: `${sandbox}/log`, protocols: v4 })).toBe(400)
    }),
  )
})

describe("an attach", () => {
  it.live("shows what is written from now on, to the end of the program", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const [running] = world.machine.sandboxes.values()
      if (running === undefined) throw new Error("no sandbox")
      const print = (text: string, at: number) => world.machine.print(running, { at, stream: "stdout", text })
      print("before\n", 0)
      const client = yield* clientOf(world, { path: `${sandbox}/attach?stdout=1&stderr=1`, protocols: v4 })
      const id = yield* streamsOf(client, ["error", "stdout", "stderr"])
      yield* await_(() => client.until(() => client.frames.length >= 3))
      yield* Effect.sleep("50 millis")
      print("after\n", Date.now() + 1)
      yield* world.machine.exit(running.spec.id, { exitCode: 4 })
      yield* await_(() => client.until(() => client.ended.has(id("error"))))
      expect(client.text(id("stdout"))).toBe("after\n")
      expect(exitOf(client, id("error"))).toMatchObject({ status: "Success" })
    }),
  )
})

describe("an attach with input", () => {
  const path = `${sandbox}/attach?stdin=1&stdout=1`
  const kinds = ["error", "stdin", "stdout"]

  it.live("is refused where the container has none", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      expect(yield* upgraded(world, { path, protocols: v4 })).toBe(400)
    }),
  )

  it.live("is refused where nothing runs", () =>
    Effect.gen(function* () {
      const world = yield* started(["true"], { stdin: true })
      expect(yield* upgraded(world, { path, protocols: v4 })).toBe(400)
    }),
  )

  it.live("ends the program's with the client's where that is to be the only one", () =>
    Effect.gen(function* () {
      const world = yield* started(["sh", "-c", "cat; echo closed; exit 3"], { stdin: true, stdinOnce: true })
      const client = yield* clientOf(world, { path, protocols: v4 })
      const id = yield* streamsOf(client, kinds)
      client.send(id("stdin"), "typed\n", true)
      yield* await_(() => client.until(() => client.ended.has(id("error"))))
      expect(client.text(id("stdout"))).toBe("typed\nclosed\n")
      expect(exitOf(client, id("error"))).toMatchObject({ status: "Success" })
    }),
  )

  it.live("ends with the client's where the program's goes on, for the next client", () =>
    Effect.gen(function* () {
      const world = yield* started(["cat"], { stdin: true })
      for (const words of ["one\n", "two\n"]) {
        const client = yield* clientOf(world, { path, protocols: v4 })
        const id = yield* streamsOf(client, kinds)
        client.send(id("stdin"), words)
        yield* await_(() => client.until(() => client.text(id("stdout")) === words))
        client.send(id("stdin"), "", true)
        yield* await_(() => client.until(() => client.ended.has(id("error"))))
        expect(exitOf(client, id("error"))).toMatchObject({ status: "Success" })
      }
      const [running] = world.machine.sandboxes.values()
      expect([running?.stdin, running?.exited]).toEqual(["open", undefined])
    }),
  )

  it.live("ends the program's when the only client goes without a word", () =>
    Effect.gen(function* () {
      const world = yield* started(["cat"], { stdin: true, stdinOnce: true })
      const client = yield* clientOf(world, { path, protocols: v4 })
      const id = yield* streamsOf(client, kinds)
      client.send(id("stdin"), "on")
      yield* await_(() => client.until(() => client.text(id("stdout")) === "on"))
      client.end()
      const [running] = world.machine.sandboxes.values()
      while (running?.exited === undefined) yield* Effect.sleep("5 millis")
      expect(running.exited.exitCode).toBe(0)
    }),
  )

  it.live("speaks the channels of a WebSocket too", () =>
    Effect.gen(function* () {
      const world = yield* started(["sh", "-c", "cat; echo closed"], { stdin: true, stdinOnce: true })
      const protocols = "v5.channel.k8s.io"
      const socket = yield* upgraded(world, { path, protocols, form: "websocket" })
      if (typeof socket === "number") throw new Error(`refused with ${socket}`)
      const messages = webSocketMessages(socket)
      const said: Array<Buffer> = []
      messages.on("data", (chunk: Buffer) => said.push(chunk))
      messages.write(Buffer.concat([Buffer.of(4), Buffer.from('{"Width":80,"Height":24}')]))
      messages.write(Buffer.concat([Buffer.of(0), Buffer.from("typed\n")]))
      messages.write(Buffer.of(255, 0))
      while (!said.some((frame) => frame[0] === 3)) yield* Effect.sleep("5 millis")
      const output = said.filter((frame) => frame[0] === 1).map((frame) => frame.subarray(1))
      expect(Buffer.concat(output).toString()).toBe("typed\nclosed\n")
    }),
  )
})

describe("a port-forward", () => {
  const ask = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"

  const fetchOver = (client: SpdyClient, requestid: string, port: string) =>
    await_(async () => {
      const error = await client.open({ streamtype: "error", port, requestid })
      client.send(error, "", true)
      const data = await client.open({ streamtype: "data", port, requestid })
      client.send(data, ask)
      await client.until(() => client.ended.has(data))
      return { answer: client.text(data), error: client.text(error) }
    })

  it.live("carries several connections over SPDY", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const client = yield* clientOf(world, {
        path: `${sandbox}/portforward`,
        protocols: "portforward.k8s.io",
      })
      for (const requestid of ["0", "1"]) {
        const { answer, error } = yield* fetchOver(client, requestid, "8080")
        expect(answer).toContain("Hello from web")
        expect(error).toBe("")
      }
    }),
  )

  it.live("carries them inside a WebSocket too", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const protocols = "SPDY/3.1+portforward.k8s.io"
      const socket = yield* upgraded(world, { path: `${sandbox}/portforward`, protocols, form: "websocket" })
      if (typeof socket === "number") throw new Error(`refused with ${socket}`)
      const client = new SpdyClient(webSocketMessages(socket))
      yield* Effect.addFinalizer(() => Effect.sync(() => client.end()))
      const { answer } = yield* fetchOver(client, "0", "8080")
      expect(answer).toContain("Hello from web")
    }),
  )

  it.live("says on the error stream why a connection cannot be made", () =>
    Effect.gen(function* () {
      const world = yield* started(["true"])
      const client = yield* clientOf(world, {
        path: `${sandbox}/portforward`,
        protocols: "portforward.k8s.io",
      })
      const { answer, error } = yield* fetchOver(client, "0", "8080")
      expect(answer).toBe("")
      expect(error).toContain("does not run")
    }),
  )

  it.live("resets streams that belong to nothing", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const client = yield* clientOf(world, {
        path: `${sandbox}/portforward`,
        protocols: "portforward.k8s.io",
      })
      yield* await_(() => client.open({ streamtype: "data", port: "80", requestid: "5" }))
      yield* await_(() => client.open({ streamtype: "data", port: "99999", requestid: "6" }))
      yield* await_(() =>
        client.until(() => client.frames.filter(({ type }) => type === "rstStream").length === 2),
      )
    }),
  )

  it.live("has a channel for each port where the client knows no streams", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const path = `${sandbox}/portforward?ports=8080&ports=300`
      const socket = yield* upgraded(world, { path, protocols: "v4.channel.k8s.io", form: "websocket" })
      if (typeof socket === "number") throw new Error(`refused with ${socket}`)
      const messages = webSocketMessages(socket)
      const said: Array<Buffer> = []
      messages.on("data", (chunk: Buffer) => said.push(chunk))
      const heard = () => Buffer.concat(said).toString("latin1")
      messages.write(Buffer.concat([Buffer.of(2), Buffer.from(ask)]))
      while (!heard().includes("Hello from web")) yield* Effect.sleep("5 millis")
      expect(Buffer.concat(said).subarray(0, 12)).toEqual(
        Buffer.from([0, 0x90, 0x1f, 1, 0x90, 0x1f, 2, 0x2c, 1, 3, 0x2c, 1]),
      )
      messages.destroy()
    }),
  )

  it.live("is refused where its protocol is not spoken", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const path = `${sandbox}/portforward`
      expect(yield* upgraded(world, { path, protocols: v4 })).toBe(400)
      expect(yield* upgraded(world, { path, protocols: v4, form: "websocket" })).toBe(400)
      const many = { path: `${path}?ports=0`, protocols: v4, form: "websocket" } as const
      expect(yield* upgraded(world, many)).toBe(400)
    }),
  )
})

const statsOf = (world: World): Effect.Effect<unknown> =>
  Effect.callback((resume) => {
    const { host, port } = world.server
    get({ host, port, path: "/stats", agent: false, ...tlsOf(world, "apiserver") }, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => {
        body += chunk
      })
      response.on("end", () => resume(Effect.succeed(JSON.parse(body))))
    })
  })

describe("the stats", () => {
  it.live("tell what each running sandbox uses, as a rate", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      expect(yield* statsOf(world)).toMatchObject({
        node: { memoryBytes: expect.any(Number) },
        sandboxes: [
          {
            namespace: "default",
            name: "web",
            // Within a tenth: the two looks are taken in whole milliseconds.
            cpuNanosPerSecond: expect.closeTo(5_000_000, -6),
            memoryBytes: 8 << 20,
          },
        ],
      })
    }),
  )

  it.live("leave out what does not run", () =>
    Effect.gen(function* () {
      const world = yield* started(["true"])
      expect(yield* statsOf(world)).toMatchObject({ sandboxes: [] })
    }),
  )
})
