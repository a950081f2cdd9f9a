/**
 * Connections to 127.0.0.1 inside a sandbox, where servers listen that are not meant for the network.
 *
 * Into a netns goes a short-lived process of our own, which connects there (to 127.0.0.1, then ::1) and hands the connected
 * socket over: a socket stays in the netns that it was made in. Into gVisor's network stack goes runsc, which joins a unix
 * socket of ours with a connection that the sentry makes.
 */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { createServer, Socket } from "node:net"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { runOrFail } from "../command.ts"
import type { Loopback } from "../handlers/handlers.ts"
import { DIAL_TIMEOUT_MS } from "../limits.ts"
import { RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { RUNC_ROOT } from "./task-world.ts"

export interface LoopbackTarget {
  readonly id: SandboxId
  readonly port: number
  /** The path of the sandbox's netns. */
  readonly netns: string
  /** A directory of the host for short-lived sockets. */
  readonly directory: string
}

const unreachable = (id: SandboxId, why: string) =>
  new RuntimeError({ reason: "Unavailable", operation: "dial", subject: id, message: why })

/** Reads nothing of the connection itself: whatever comes is for the process that takes it over. */
const CONNECTOR = `
const { connect } = require("node:net")
const port = Number(process.argv[1])
const attempt = ([host, ...others]) => {
  const socket = connect({ host, port, allowHalfOpen: true })
  socket.pause()
  socket.once("connect", () => process.send("open", socket, () => process.disconnect()))
  socket.once("error", (error) =>
    others.length > 0 ? attempt(others) : process.send(error.message, () => process.disconnect()))
}
attempt(["127.0.0.1", "::1"])`

const viaNetns = ({ id, netns, port }: LoopbackTarget): Effect.Effect<Socket, RuntimeError> =>
  Effect.callback((resume) => {
    const child = spawn("nsenter", [`--net=${netns}`, "--", process.execPath, "-e", CONNECTOR, `${port}`], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    })
    child.on("message", (message, handle) => {
      if (handle instanceof Socket) {
        handle.allowHalfOpen = true
        handle.on("error", () => {})
        resume(Effect.succeed(handle))
      } else resume(Effect.fail(unreachable(id, String(message))))
    })
    child.once("error", ({ message }) => resume(Effect.fail(unreachable(id, message))))
    child.once("exit", () => resume(Effect.fail(unreachable(id, "its network namespace cannot be entered"))))
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

const viaRunsc = (
  runsc: string,
  { id, port, directory }: LoopbackTarget,
): Effect.Effect<Socket, RuntimeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const scratch = yield* Effect.acquireRelease(
        Effect.sync(() => {
          mkdirSync(directory, { recursive: true, mode: 0o700 })
          return mkdtempSync(join(directory, "dial-"))
        }),
        (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true })),
      )
      const path = join(scratch, "s")
      const server = yield* Effect.acquireRelease(
        Effect.sync(() => createServer({ allowHalfOpen: true }).listen(path)),
        (listening) => Effect.sync(() => void listening.close()),
      )
      const accepted = Effect.callback<Socket>((resume) => {
        server.once("connection", (socket) => {
          socket.on("error", () => {})
          resume(Effect.succeed(socket))
        })
      })
      const args = ["--root", RUNC_ROOT, "port-forward", "--stream", path, id, `${port}`]
      const joined = runOrFail({ file: runsc, args, subject: id }).pipe(
        Effect.mapError(({ message }) => unreachable(id, message)),
      )
      const [socket] = yield* Effect.all([accepted, joined], { concurrency: 2 })
      return socket
    }),
  )

/** Closed with the Scope. */
export const dialLoopback = (
  loopback: Loopback,
  target: LoopbackTarget,
): Effect.Effect<Socket, RuntimeError, Scope.Scope> => {
  const open = loopback.by === "netns" ? viaNetns(target) : viaRunsc(loopback.runsc, target)
  const inTime = Effect.timeoutOrElse(open, {
    duration: DIAL_TIMEOUT_MS,
    orElse: () => Effect.fail(unreachable(target.id, "nothing answers")),
  })
  return Effect.acquireRelease(inTime, (socket) => Effect.sync(() => void socket.destroy()), {
    interruptible: true,
  })
}
