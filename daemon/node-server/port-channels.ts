/**
 * Ports of a sandbox as channels of one WebSocket, one connection a port: channel 2n carries the data of the n-th port that
 * was asked for, channel 2n+1 a sentence when it does not work; each begins with its port, in two bytes.
 * Source: kubelet's portforward over `v4.channel.k8s.io`, as @kubernetes/client-node speaks it.
 */
import type { Duplex } from "node:stream"
import { Effect, type Scope, Stream } from "effect"
import type { WebSocket } from "ws"
import { type RuntimeError, type SandboxId, SandboxRuntime } from "../../runtime-shim/index.ts"
import { framesOf } from "./channel.ts"
import { closed, receive, send } from "./web-socket.ts"

interface Port {
  readonly port: number
  readonly data: number
  readonly error: number
}

const portBytes = (port: number): Uint8Array => Uint8Array.of(port & 255, port >> 8)

const sendAll = (socket: WebSocket, channel: number, chunk: Uint8Array): Effect.Effect<void> =>
  Effect.forEach(framesOf(channel, chunk), (frame) => send(socket, frame), { discard: true })

const write = (target: Duplex, chunk: Uint8Array): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (!target.writable) return resume(Effect.void)
    target.write(chunk, () => resume(Effect.void))
  })

/** All that the port says. */
const pump = (socket: WebSocket, { data }: Port, target: Duplex): Effect.Effect<void> =>
  Stream.fromAsyncIterable(target, (cause) => cause).pipe(
    Stream.runForEach((chunk: Buffer) => sendAll(socket, data, chunk)),
    // The connection broke: its end is what is told.
    Effect.ignore,
  )

const dial = (
  socket: WebSocket,
  id: SandboxId,
  port: Port,
): Effect.Effect<Duplex | undefined, never, SandboxRuntime | Scope.Scope> =>
  Effect.gen(function* () {
    yield* send(socket, Uint8Array.of(port.data, ...portBytes(port.port)))
    yield* send(socket, Uint8Array.of(port.error, ...portBytes(port.port)))
    const runtime = yield* SandboxRuntime
    return yield* runtime.dial(id, port.port)
  }).pipe(
    Effect.catch(({ message }: RuntimeError) =>
      Effect.as(sendAll(socket, port.error, new TextEncoder().encode(message)), undefined),
    ),
  )

/** Carries the ports until all connections have ended, or the client goes. */
export const servePortChannels = (
  socket: WebSocket,
  id: SandboxId,
  ports: ReadonlyArray<number>,
): Effect.Effect<void, never, SandboxRuntime> =>
  Effect.gen(function* () {
    const inbox = yield* receive(socket)
    const all = ports.map((port, index) => ({ port, data: 2 * index, error: 2 * index + 1 }))
    const targets = yield* Effect.forEach(all, (port) => dial(socket, id, port))
    const deliver = Effect.flatMap(inbox.take, (frame) => {
      const channel = frame[0] ?? 1
      const target = channel % 2 === 0 ? targets[channel / 2] : undefined
      return target === undefined ? Effect.void : write(target, frame.subarray(1))
    })
    yield* Effect.forkScoped(Effect.forever(deliver))
    yield* Effect.forEach(
      all,
      (port, index) => {
        const target = targets[index]
        return target === undefined ? Effect.void : pump(socket, port, target)
      },
      { concurrency: "unbounded", discard: true },
    )
  }).pipe(Effect.scoped, Effect.raceFirst(closed(socket)), Effect.ensuring(Effect.sync(() => socket.close())))
