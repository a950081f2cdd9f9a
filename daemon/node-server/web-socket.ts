/** A `ws` socket as Effects: sends that wait their turn, and a bounded queue of what comes in. */
import { Effect, Queue, type Scope } from "effect"
import type { RawData, WebSocket } from "ws"
import { limits } from "./limits.ts"

/** Done when the socket is closed, from whichever side. */
export const closed = (socket: WebSocket): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (socket.readyState === socket.CLOSED) return resume(Effect.void)
    const onClose = () => resume(Effect.void)
    socket.once("close", onClose)
    return Effect.sync(() => socket.off("close", onClose))
  })

/** Sends one frame; done when the kernel has taken it, or at once where the socket is no longer open. */
export const send = (socket: WebSocket, frame: Uint8Array): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (socket.readyState !== socket.OPEN) return resume(Effect.void)
    socket.send(frame, { binary: true }, () => resume(Effect.void))
  })

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data

export interface Inbox {
  /** The next frame; the socket is read on while there is room for more. */
  readonly take: Effect.Effect<Uint8Array>
}

/**
 * The frames that come in while the Scope is open. The socket is paused while too many wait, so what is held is bounded by
 * that and one read of the socket.
 */
export const receive = Effect.fnUntraced(function* (
  socket: WebSocket,
): Effect.fn.Return<Inbox, never, Scope.Scope> {
  const waiting = yield* Queue.unbounded<Uint8Array>()
  const onMessage = (data: RawData) => {
    Queue.offerUnsafe(waiting, bytesOf(data))
    if (Queue.sizeUnsafe(waiting) >= limits.waitingInboundFrames) socket.pause()
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => socket.on("message", onMessage)),
    () =>
      Effect.sync(() => {
        socket.off("message", onMessage)
        // A paused socket never sees its peer's close.
        socket.resume()
      }),
  )
  const take = Effect.tap(Queue.take(waiting), () =>
    Effect.sync(() => {
      if (socket.isPaused && Queue.sizeUnsafe(waiting) < limits.waitingInboundFrames) socket.resume()
    }),
  )
  return { take }
})
