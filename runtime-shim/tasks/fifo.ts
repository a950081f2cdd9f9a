/**
 * Named pipes between this process and a shim, for a process and its caller.
 *
 * An output is opened to read and, beside it, to write: while we hold the writing end it has no end of file, so nothing is
 * lost before the shim has opened it. Letting go of that end, once the process is gone, lets the reader see the end.
 * All are opened non-blocking and read through a `net.Socket`: a read stream would tie up a thread of libuv each.
 */
import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs"
import { Socket } from "node:net"
import { dirname, join } from "node:path"
import { Effect, type Scope } from "effect"
import { runOrFail } from "../command.ts"
import { RuntimeError } from "../sandbox-runtime.ts"

export interface Fifos {
  readonly stdin: string
  readonly stdout: string
  readonly stderr: string
}

const makePipes = (paths: ReadonlyArray<string>, subject: string): Effect.Effect<void, RuntimeError> =>
  Effect.asVoid(runOrFail({ file: "mkfifo", args: ["-m", "600", ...paths], subject }))

/** Makes one pipe, with the directory that it is to be in. It is its maker's to remove. */
export const makePipe = (path: string, subject: string): Effect.Effect<void, RuntimeError> =>
  Effect.suspend(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    return makePipes([path], subject)
  })

/** Makes them in a directory that goes with the Scope. */
export const makeFifos = (
  directory: string,
  subject: string,
): Effect.Effect<Fifos, RuntimeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const fifos = {
        stdin: join(directory, "stdin"),
        stdout: join(directory, "stdout"),
        stderr: join(directory, "stderr"),
      }
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      yield* makePipes(Object.values(fifos), subject)
      return fifos
    }),
    () => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
  )

const openFailed = (path: string, cause: unknown) =>
  new RuntimeError({
    reason: "Unavailable",
    operation: "open",
    subject: path,
    message: `the pipe ${path} could not be opened: ${String(cause)}`,
    cause,
  })

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants

export interface OutputPipe {
  readonly socket: Socket
  /** Lets the end of file through. Again, it does nothing. */
  readonly release: () => void
}

export const openOutput = (path: string): Effect.Effect<OutputPipe, RuntimeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const reader = openSync(path, O_RDONLY | O_NONBLOCK)
        let writer: number | undefined = openSync(path, O_WRONLY | O_NONBLOCK)
        const release = () => {
          if (writer !== undefined) closeSync(writer)
          writer = undefined
        }
        const socket = new Socket({ fd: reader, readable: true, writable: false })
        socket.on("error", () => {})
        return { socket, release }
      },
      catch: (cause) => openFailed(path, cause),
    }),
    ({ socket, release }) =>
      Effect.sync(() => {
        release()
        socket.destroy()
      }),
  )

/** Opened both ways, since nobody reads yet. */
export const openInput = (path: string): Effect.Effect<Socket, RuntimeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const fd = openSync(path, O_RDWR | O_NONBLOCK)
        const socket = new Socket({ fd, readable: false, writable: true })
        socket.on("error", () => {})
        return socket
      },
      catch: (cause) => openFailed(path, cause),
    }),
    (socket) => Effect.sync(() => socket.destroy()),
  )

/** Opens a pipe that a shim reads. Fails with FailedPrecondition where nobody does any more: it has been told its end. */
export const openWriter = (path: string, subject: string): Effect.Effect<Socket, RuntimeError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const fd = openSync(path, O_WRONLY | O_NONBLOCK)
        const socket = new Socket({ fd, readable: false, writable: true })
        socket.on("error", () => {})
        return socket
      },
      catch: (cause) =>
        new RuntimeError({
          reason: "FailedPrecondition",
          operation: "open",
          subject,
          message: "its standard input has ended, and is open again only after a restart",
          cause,
        }),
    }),
    (socket) => Effect.sync(() => socket.destroy()),
  )

/** Done when the pipe has taken it. Fails with FailedPrecondition where it takes no more. */
export const writeTo = (
  socket: Socket | undefined,
  chunk: Uint8Array,
  subject: string,
): Effect.Effect<void, RuntimeError> => {
  const closed = (message: string) =>
    Effect.fail(new RuntimeError({ reason: "FailedPrecondition", operation: "write", subject, message }))
  return Effect.callback<void, RuntimeError>((resume) => {
    if (socket === undefined || socket.destroyed || socket.writableEnded)
      return resume(closed("the process has no open stdin"))
    socket.write(chunk, (error) =>
      resume(
        error === undefined || error === null ? Effect.void : closed(`stdin is closed: ${error.message}`),
      ),
    )
  })
}
