import { get } from "node:https"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { WebSocket } from "ws"
import { started, tlsOf, type Who, type World } from "./testing/world.ts"

interface Answer {
  readonly status: number
  readonly body: string
}

const ask = (world: World, path: string, who: Who = "apiserver"): Effect.Effect<Answer | "no TLS"> =>
  Effect.callback((resume) => {
    const { host, port } = world.server
    const options = { host, port, path, agent: false, ...tlsOf(world, who) }
    const request = get(options, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => {
        body += chunk
      })
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode ?? 0, body })))
    })
    request.on("error", () => resume(Effect.succeed("no TLS" as const)))
  })

const statusOf = (answer: Answer | "no TLS"): number => (answer === "no TLS" ? 0 : answer.status)

describe("a client", () => {
  it.live("that is not the API server is refused, with or without a certificate", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const path = "/sandboxes/default/web/log"
      expect(statusOf(yield* ask(world, path))).toBe(200)
      expect(statusOf(yield* ask(world, path, "stranger"))).toBe(403)
      expect(yield* ask(world, path, "nobody")).toBe("no TLS")
    }),
  )

  it.live("that asks for what is not there is told so", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const codes = yield* Effect.forEach(
        [
          "/",
          "/sandboxes/default/other/log",
          "/sandboxes/default/web/log?previous=true",
          "/sandboxes/default/web/log?tailLines=many",
          "/sandboxes/default/web/exec?command=true&stdout",
        ],
        (path) => Effect.map(ask(world, path), statusOf),
      )
      expect(codes).toEqual([404, 404, 404, 400, 400])
    }),
  )
})

describe("the log", () => {
  it.live("is what the sandbox wrote, or its last lines", () =>
    Effect.gen(function* () {
      const world = yield* started(["sh", "-c", "echo one; echo two; echo three"])
      expect(yield* ask(world, "/sandboxes/default/web/log")).toEqual({
        status: 200,
        body: "one\ntwo\nthree\n",
      })
      const tail = yield* ask(world, "/sandboxes/default/web/log?tailLines=2")
      expect(tail).toEqual({ status: 200, body: "two\nthree\n" })
    }),
  )

  it.live("is followed until the sandbox ends", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const [sandbox] = world.machine.sandboxes.values()
      if (sandbox === undefined) throw new Error("no sandbox")
      const print = (text: string) =>
        world.machine.print(sandbox, { at: sandbox.startedAt ?? 0, stream: "stdout", text })
      print("before\n")
      const write = Effect.sync(() => print("after\n")).pipe(
        Effect.andThen(world.machine.exit(sandbox.spec.id, { exitCode: 0 })),
        Effect.delay("50 millis"),
      )
      const [answer] = yield* Effect.all([ask(world, "/sandboxes/default/web/log?follow=true"), write], {
        concurrency: "unbounded",
      })
      expect(answer).toEqual({ status: 200, body: "before\nafter\n" })
    }),
  )
})

interface Conversation {
  /** What came on each channel, as text. */
  readonly said: { readonly [channel: number]: string }
  readonly protocol: string
  readonly close: number
}

interface Talk {
  readonly query: string
  readonly protocols?: ReadonlyArray<string>
  readonly frames?: ReadonlyArray<Uint8Array>
  readonly who?: Who
}

const frame = (channel: number, text: string): Uint8Array =>
  Uint8Array.from([channel, ...new TextEncoder().encode(text)])

const socketTo = (world: World, { query, protocols, who = "apiserver" }: Talk): WebSocket => {
  const { host, port } = world.server
  const socket = new WebSocket(
    `wss://${host}:${port}/sandboxes/default/web/exec?${query}`,
    [...(protocols ?? ["v5.channel.k8s.io"])],
    { ...tlsOf(world, who), perMessageDeflate: false },
  )
  // What a test needs to know comes with the close.
  return socket.on("error", () => {})
}

/** Says the frames, and hears all until the socket closes; the HTTP code where the upgrade is refused. */
const talk = (world: World, talking: Talk): Effect.Effect<Conversation | number> =>
  Effect.callback((resume) => {
    const socket = socketTo(world, talking)
    const said: { [channel: number]: string } = {}
    socket.on("open", () => {
      for (const each of talking.frames ?? []) socket.send(each)
    })
    socket.on("message", (data: Buffer) => {
      const channel = data[0] ?? -1
      said[channel] = (said[channel] ?? "") + data.subarray(1).toString()
    })
    socket.on("unexpected-response", (_request, response) => {
      socket.terminate()
      resume(Effect.succeed(response.statusCode ?? 0))
    })
    socket.on("close", (close) => resume(Effect.succeed({ said, protocol: socket.protocol, close })))
    return Effect.sync(() => socket.terminate())
  })

const exitOf = (conversation: Conversation | number): unknown =>
  typeof conversation === "number" ? conversation : JSON.parse(conversation.said[3] ?? "null")

describe("an exec", () => {
  it.live("gives both outputs and Success", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const query = new URLSearchParams([
        ["command", "sh"],
        ["command", "-c"],
        ["command", "echo out; echo err >&2"],
        ["stdout", "true"],
        ["stderr", "true"],
      ])
      const heard = yield* talk(world, { query: query.toString() })
      expect(heard).toMatchObject({
        said: { 1: "out\n", 2: "err\n" },
        protocol: "v5.channel.k8s.io",
        close: 1000,
      })
      expect(exitOf(heard)).toMatchObject({ status: "Success" })
    }),
  )

  it.live("tells the exit code as its cause", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const heard = yield* talk(world, { query: "command=sh&command=-c&command=exit%203&stdout=true" })
      expect(exitOf(heard)).toMatchObject({
        status: "Failure",
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: "3" }] },
      })
    }),
  )

  it.live("passes stdin on, and its end under v5", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const frames = [frame(0, "hello "), frame(0, "world"), Uint8Array.of(255, 0)]
      const heard = yield* talk(world, { query: "command=cat&stdin=true&stdout=true", frames })
      expect(heard).toMatchObject({ said: { 1: "hello world" } })
      expect(exitOf(heard)).toMatchObject({ status: "Success" })
    }),
  )

  it.live("passes on more than fits into any buffer, whole and in order", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const lines = Array.from({ length: 200 }, (_, n) => `${n} ${"x".repeat(20_000)}\n`)
      const frames = [...lines.map((line) => frame(0, line)), Uint8Array.of(255, 0)]
      const heard = yield* talk(world, { query: "command=cat&stdin=true&stdout=true", frames })
      expect(typeof heard === "number" ? heard : heard.said[1] === lines.join("")).toBe(true)
    }),
  )

  it.live("speaks v4 to those who speak no better", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const protocols = ["v4.channel.k8s.io", "channel.k8s.io"]
      const heard = yield* talk(world, { query: "command=true&stdout=true", protocols })
      expect(heard).toMatchObject({ protocol: "v4.channel.k8s.io" })
    }),
  )

  it.live("is refused before the upgrade where it cannot be", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const query = "command=true&stdout=true"
      expect(yield* talk(world, { query, protocols: ["v1.channel.k8s.io"] })).toBe(400)
      expect(yield* talk(world, { query: "stdout=true" })).toBe(400)
      expect(yield* talk(world, { query, who: "stranger" })).toBe(403)
      world.machine.sandboxes.clear()
      expect(yield* talk(world, { query })).toBe(404)
    }),
  )

  it.live("into a sandbox that does not run is told on the error channel", () =>
    Effect.gen(function* () {
      const world = yield* started(["true"])
      expect(exitOf(yield* talk(world, { query: "command=true&stdout=true" }))).toMatchObject({
        status: "Failure",
        reason: "InternalError",
      })
    }),
  )

  const untilAttached = (world: World, count: number) =>
    Effect.suspend(() => (world.attached.count === count ? Effect.void : Effect.fail("not so"))).pipe(
      Effect.retry(Schedule.spaced("5 millis")),
    )

  it.live("ends with its socket", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const socket = socketTo(world, { query: "command=cat&stdin=true&stdout=true" })
      yield* untilAttached(world, 1)
      socket.terminate()
      yield* untilAttached(world, 0)
    }),
  )

  it.live("ends with the server, and does not hold it up", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      socketTo(world, { query: "command=cat&stdin=true&stdout=true" })
      yield* untilAttached(world, 1)
      yield* world.close
      expect(world.attached.count).toBe(0)
    }),
  )

  it.live("ends for a client that sends more in a frame than is taken, and nobody else", () =>
    Effect.gen(function* () {
      const world = yield* started(["serve"])
      const other = socketTo(world, { query: "command=cat&stdin=true&stdout=true" })
      yield* untilAttached(world, 1)
      const query = "command=cat&stdin=true&stdout=true"
      const heard = yield* talk(world, { query, frames: [new Uint8Array(2 * 1024 * 1024)] })
      expect(heard).toMatchObject({ close: 1009 })
      yield* untilAttached(world, 1)
      other.terminate()
    }),
  )
})
