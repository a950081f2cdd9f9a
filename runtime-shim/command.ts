/** Programs of the machine, run to their end within a bound. Start with {@link runCommand}. */
import { spawn } from "node:child_process"
import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join } from "node:path"
import { Effect } from "effect"
import { COMMAND_DEADLINE_MS, COMMAND_OUTPUT_BYTES_MAX } from "./limits.ts"
import { RuntimeError } from "./sandbox-runtime.ts"

export interface Command {
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly env?: { readonly [name: string]: string }
  readonly stdin?: string
  readonly deadlineMs?: number
  /** What it speaks of, for the error. */
  readonly subject: string
}

export interface CommandOutput {
  /** The exit code; 128 + n for a signal, as shells say it. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Where root's programs are on Debian, even for a daemon that was given a short PATH. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The first executable of that name in PATH, then in {@link SYSTEM_PATH}. */
export const findExecutable = (name: string): string | undefined => {
  if (name.includes("/")) return isExecutable(name) ? name : undefined
  const directories = [process.env.PATH ?? "", SYSTEM_PATH].join(delimiter).split(delimiter)
  return directories
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, name))
    .find(isExecutable)
}

/** Output up to a bound; the rest is read and dropped. */
class BoundedText {
  readonly #chunks: Array<Buffer> = []
  #left = COMMAND_OUTPUT_BYTES_MAX

  add(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.#left)
    this.#left -= kept.length
    if (kept.length > 0) this.#chunks.push(kept)
  }

  toString(): string {
    return Buffer.concat(this.#chunks).toString("utf8")
  }
}

/** Runs it whatever its exit code is. Killed with its process group when interrupted or too slow. */
export const runCommand = (command: Command): Effect.Effect<CommandOutput, RuntimeError> => {
  const operation = command.file.slice(command.file.lastIndexOf("/") + 1)
  const { subject } = command
  const deadlineMs = command.deadlineMs ?? COMMAND_DEADLINE_MS
  const fail = (message: string, cause?: unknown) =>
    Effect.fail(new RuntimeError({ reason: "Unavailable", operation, subject, message, cause }))
  return Effect.callback<CommandOutput, RuntimeError>((resume) => {
    const child = spawn(command.file, [...command.args], {
      env: { PATH: SYSTEM_PATH, ...command.env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    })
    const stdout = new BoundedText()
    const stderr = new BoundedText()
    child.stdout.on("data", (chunk: Buffer) => stdout.add(chunk))
    child.stderr.on("data", (chunk: Buffer) => stderr.add(chunk))
    child.stdin.on("error", () => {})
    child.stdin.end(command.stdin ?? "")
    child.once("error", (cause) => resume(fail(`${command.file} could not be run: ${cause.message}`, cause)))
    child.once("close", (code, signal) => {
      const exitCode = code ?? (signal === "SIGKILL" ? 137 : 143)
      resume(Effect.succeed({ exitCode, stdout: stdout.toString(), stderr: stderr.toString() }))
    })
    return Effect.sync(() => killGroup(child.pid))
  }).pipe(
    Effect.timeoutOrElse({
      duration: deadlineMs,
      orElse: () =>
        Effect.fail(
          new RuntimeError({
            reason: "DeadlineExceeded",
            operation,
            subject,
            message: `${operation} did not end within ${deadlineMs} ms`,
          }),
        ),
    }),
  )
}

const killGroup = (pid: number | undefined): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // It has ended by itself.
  }
}

/** Runs it and fails with its last words unless it exits with 0. */
export const runOrFail = (command: Command): Effect.Effect<string, RuntimeError> =>
  Effect.flatMap(runCommand(command), ({ exitCode, stdout, stderr }) => {
    if (exitCode === 0) return Effect.succeed(stdout)
    const operation = command.file.slice(command.file.lastIndexOf("/") + 1)
    const words = (stderr.trim() || stdout.trim()).slice(-1000)
    return Effect.fail(
      new RuntimeError({
        reason: "Unknown",
        operation,
        subject: command.subject,
        message: `${operation} ${command.args.join(" ").slice(0, 200)} ended with ${exitCode}: ${words}`,
      }),
    )
  })
