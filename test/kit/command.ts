/** Runs one command to its end, bounded in time, and gives back what it said. Never throws for an exit code. */
import { spawn } from "node:child_process"

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: { readonly [name: string]: string | undefined }
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
}

export const run = (argv: ReadonlyArray<string>, options: CommandOptions = {}): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    const [program, ...args] = argv
    if (program === undefined) throw new Error("an empty command")
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    })
    const stdout: Array<Buffer> = []
    const stderr: Array<Buffer> = []
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk))
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000)
    child.on("error", (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      resolve({
        code: code ?? 128 + (signal === "SIGKILL" ? 9 : 15),
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: Buffer.concat(stderr).toString("utf8"),
      })
    })
    child.stdin.on("error", () => {})
    child.stdin.end(options.input ?? "")
  })

/** The output of a command that must succeed. */
export const must = async (argv: ReadonlyArray<string>, options: CommandOptions = {}): Promise<string> => {
  const result = await run(argv, options)
  if (result.code !== 0) {
    throw new Error(`${argv.join(" ")} ended with ${result.code}\n${result.stdout}${result.stderr}`)
  }
  return result.stdout
}

/** Waits until a check stops throwing and gives its value; the last error when the time is over. */
export const eventually = async <A>(check: () => Promise<A> | A, timeoutMs = 30_000): Promise<A> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
