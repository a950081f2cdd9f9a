/**
 * A process in a sandbox whose streams are ours: input and sizes there, output here, its exit code at the end.
 * Source: remotecommand, v5.channel.k8s.io. Start with {@link converse}.
 */
import { once } from "node:events"
import { CliFailure } from "./failure.ts"
import { arrayAt, isObject, textAt } from "./json.ts"
import { maxInputFrameBytes } from "./limits.ts"
import { type Channel, type Program, type Streams, warn } from "./program.ts"

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

/** Until the process ends or lets us go: its exit code. Closes the channel. */
export const converse = async (
  program: Program,
  channel: Channel,
  { stdin, tty }: { readonly stdin: boolean; readonly tty: boolean },
): Promise<number> => {
  program.signal.addEventListener("abort", () => channel.close(), { once: true })
  const restore = tty ? enterRawMode(program.streams) : () => {}
  try {
    if (tty) followSize(program.streams, channel)
    if (stdin) sendInput(program.streams.stdin, channel)
    return await receiveOutput(program, channel)
  } finally {
    restore()
    channel.close()
    // A read of standard input that is still waiting would keep the process alive.
    program.streams.stdin.destroy()
  }
}

/** As kubectl does: without a terminal at our end, there is none at the other. */
export const canHaveTerminal = (program: Program, stdin: boolean): boolean => {
  if (stdin && program.streams.stdin.isTTY === true) return true
  warn(program, "No terminal: standard input is none, or -i is missing\n")
  return false
}

const enterRawMode = ({ stdin }: Streams): (() => void) => {
  stdin.setRawMode?.(true)
  return () => void stdin.setRawMode?.(false)
}

const followSize = ({ stdout }: Streams, channel: Channel): void => {
  const tell = (): void => {
    const size = JSON.stringify({ Width: stdout.columns || 80, Height: stdout.rows || 24 })
    channel.send(frameOf(channels.resize, Buffer.from(size))).catch(() => {})
  }
  stdout.on("resize", tell)
  tell()
}

const frameOf = (channel: number, payload: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(payload.byteLength + 1)
  frame[0] = channel
  frame.set(payload, 1)
  return frame
}

/** Goes on beside the output; a channel that closes under it ends it: the exit code tells the rest. */
const sendInput = (stdin: Streams["stdin"], channel: Channel): void => {
  const send = async (): Promise<void> => {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk)
      for (let at = 0; at < bytes.byteLength; at += maxInputFrameBytes)
        await channel.send(frameOf(channels.stdin, bytes.subarray(at, at + maxInputFrameBytes)))
    }
    await channel.send(Uint8Array.of(channels.close, channels.stdin))
  }
  send().catch(() => {})
}

/** Until the peer closes: the exit code that it told. */
const receiveOutput = async (program: Program, channel: Channel): Promise<number> => {
  let exit: number | undefined
  for await (const frame of channel.frames) {
    const payload = frame.subarray(1)
    if (frame[0] === channels.stdout) await writeTo(program.streams.stdout, payload)
    else if (frame[0] === channels.stderr) await writeTo(program.streams.stderr, payload)
    else if (frame[0] === channels.error && payload.byteLength > 0) exit = exitCodeOf(payload)
  }
  if (exit === undefined)
    throw new CliFailure("Unexpected", "the connection was lost before the command ended")
  return exit
}

const writeTo = async (stream: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> => {
  if (bytes.byteLength > 0 && !stream.write(bytes)) await once(stream, "drain")
}

/** Of the Status on the error channel. Fails with what the server could not do, where it was not the command. */
const exitCodeOf = (payload: Uint8Array): number => {
  const text = Buffer.from(payload).toString("utf8")
  let status: unknown
  try {
    status = JSON.parse(text)
  } catch {
    throw new CliFailure("Unexpected", text.trim())
  }
  if (!isObject(status)) throw new CliFailure("Unexpected", text.trim())
  if (status.status === "Success") return 0
  const cause = arrayAt(status, "details", "causes").find((one) => textAt(one, "reason") === "ExitCode")
  const code = Number(textAt(cause, "message"))
  if (cause !== undefined && Number.isInteger(code) && code > 0) return code
  throw new CliFailure("Unexpected", textAt(status, "message") || "the command could not be run")
}
