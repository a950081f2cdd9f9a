/**
 * A whole running system for an e2e test: `mctl server` as a child process with its own data dir and ports. Files that use it
 * are wrapped in {@link endToEnd}, so that its bridges, mounts and processes are in namespaces of their own.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { writeHelloImage } from "../../dev/hello-image.ts"
import { type CommandOptions, type CommandResult, must, run } from "./command.ts"
import { inOwnNamespaces } from "./isolated-test.ts"
import { kubectlPath } from "./kubectl.ts"

const root = resolve(import.meta.dirname, "..", "..")
const nobody = 65_534

/** `real` is etcd and gVisor as root in a namespace; `ordinary` is the embedded store and the fake runtime as nobody. */
export type WorldKind = "real" | "ordinary"

/** The worlds that this run is to cover: both as root on Linux, else (or with MIREN_E2E=ordinary) just the ordinary one. */
export const worlds: ReadonlyArray<WorldKind> =
  process.env.MIREN_E2E === "ordinary" || process.getuid?.() !== 0 || process.platform !== "linux"
    ? ["ordinary"]
    : ["real", "ordinary"]

/** A file of e2e tests: in namespaces of its own where there can be any, else as it is. */
export const endToEnd = (file: string, body: () => void): void => {
  if (worlds.includes("real")) inOwnNamespaces({ file, project: "e2e", timeoutMs: 600_000 }, body)
  else body()
}

export interface SystemOptions {
  readonly kind: WorldKind
  readonly handler?: "gvisor" | "runc"
  readonly flags?: ReadonlyArray<string>
}

export interface System {
  readonly kind: WorldKind
  readonly dataDir: string
  readonly kubeconfig: string
  readonly url: string
  readonly pid: number
  /** Runs any command where the system's addresses mean something, with KUBECONFIG set. */
  readonly command: (argv: ReadonlyArray<string>, options?: CommandOptions) => Promise<CommandResult>
  readonly mctl: (args: ReadonlyArray<string>, options?: CommandOptions) => Promise<CommandResult>
  readonly kubectl: (args: ReadonlyArray<string>, options?: CommandOptions) => Promise<CommandResult>
  /** Fetches a URL from inside the world: status and body. */
  readonly fetch: (url: string) => Promise<{ readonly status: number; readonly body: string }>
  readonly spawn: (argv: ReadonlyArray<string>) => ChildProcess
  /** SIGKILL to the server process itself; then `start` again. */
  readonly kill9: () => Promise<void>
  readonly start: () => Promise<void>
  /** SIGTERM; the exit code. */
  readonly stop: () => Promise<number>
  /** Stops it, tears down what it ran, deletes its data. */
  readonly destroy: () => Promise<void>
}

const fetchProgram = `
const response = await fetch(process.argv[1], { signal: AbortSignal.timeout(5000) })
process.stdout.write(JSON.stringify({ status: response.status, body: await response.text() }))`

/** What went on in the server, for the message of a failed test. */
const tail = (text: string): string => text.split("\n").slice(-40).join("\n")

export const startSystem = async (options: SystemOptions): Promise<System> => {
  const asNobody = options.kind === "ordinary" && process.getuid?.() === 0
  const dataDir = mkdtempSync(join(asNobody ? "/tmp" : tmpdir(), "miren-e2e-"))
  const view = asNobody ? await bindCheckout() : undefined
  const checkout = view ?? root
  if (asNobody) {
    chmodSync(dataDir, 0o755)
    const inner = join(dataDir, "data")
    mkdirSync(inner, { mode: 0o700 })
    chownSync(inner, nobody, nobody)
  }
  const data = asNobody ? join(dataDir, "data") : dataDir
  if (options.kind === "real") writeHelloImage(data)
  const identity = asNobody ? { uid: nobody, gid: nobody } : {}
  const kubeconfig = join(data, "admin.kubeconfig")
  const env = { KUBECONFIG: kubeconfig, HOME: data, MIREN_DATA: data }
  const mctl = join(checkout, "bin", "mctl")
  const [store, runtime]: readonly [string, string] =
    options.kind === "real" ? ["etcd", options.handler ?? "gvisor"] : ["embedded", "fake"]

  let child: ChildProcess | undefined
  let url = ""
  let log = ""

  const start = async (): Promise<void> => {
    const args = [
      ...["server", "--data-dir", data, "--listen", "127.0.0.1:0"],
      ...["--store", store, "--runtime", runtime],
      ...(options.flags ?? []),
    ]
    const process_ = spawn(mctl, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...identity,
    })
    child = process_
    await new Promise<void>((ready, failed) => {
      const timer = setTimeout(
        () => failed(new Error(`the server was not ready in 90 s:\n${tail(log)}`)),
        90_000,
      )
      process_.stdout?.on("data", (chunk: Buffer) => {
        log += chunk.toString("utf8")
        const line = /^ready (https:\/\/\S+)$/m.exec(chunk.toString("utf8"))
        if (line?.[1] !== undefined) {
          url = line[1]
          clearTimeout(timer)
          ready()
        }
      })
      process_.stderr?.on("data", (chunk: Buffer) => {
        log += chunk.toString("utf8")
      })
      process_.on("exit", (code) => {
        clearTimeout(timer)
        failed(new Error(`the server ended with ${code}:\n${tail(log)}`))
      })
    })
  }

  const exited = (process_: ChildProcess): Promise<number> =>
    process_.exitCode !== null || process_.signalCode !== null
      ? Promise.resolve(process_.exitCode ?? 137)
      : new Promise((resolve_) => process_.once("exit", (code) => resolve_(code ?? 137)))

  const command = (argv: ReadonlyArray<string>, more: CommandOptions = {}): Promise<CommandResult> =>
    run(argv, { ...more, ...identity, env: { ...env, ...more.env } })

  const system: System = {
    kind: options.kind,
    dataDir: data,
    kubeconfig,
    get url() {
      return url
    },
    get pid() {
      return Number(readFileSync(join(data, "server.pid"), "utf8").trim())
    },
    command,
    mctl: (args, more) => command([mctl, ...args], more),
    kubectl: (args, more) =>
      command(
        ["timeout", "-k", "1", "60", kubectlPath(), "--cache-dir", join(data, "kube-cache"), ...args],
        more,
      ),
    fetch: async (target) => {
      const result = await command([process.execPath, "--input-type=module", "-e", fetchProgram, target])
      if (result.code !== 0) throw new Error(`GET ${target}: ${result.stderr}`)
      return JSON.parse(result.stdout) as { status: number; body: string }
    },
    spawn: (argv) => {
      const [program = "", ...args] = argv
      return spawn(program, args, {
        env: { ...process.env, ...env },
        stdio: ["pipe", "pipe", "pipe"],
        ...identity,
      })
    },
    kill9: async () => {
      if (child === undefined) throw new Error("no server runs")
      process.kill(system.pid, "SIGKILL")
      await exited(child)
    },
    start,
    stop: async () => {
      if (child === undefined) throw new Error("no server runs")
      process.kill(system.pid, "SIGTERM")
      return await exited(child)
    },
    destroy: async () => {
      try {
        if (child !== undefined && child.exitCode === null && child.signalCode === null) await system.stop()
        if (options.kind === "real") await must([mctl, "server", "teardown", "--data-dir", data], { env })
      } finally {
        if (view !== undefined) {
          await run(["umount", view])
          rmSync(view, { recursive: true, force: true })
        }
        if (existsSync(dataDir)) rmSync(dataDir, { recursive: true, force: true })
      }
    },
  }
  try {
    await start()
  } catch (error) {
    await system.destroy()
    throw error
  }
  return system
}

/** The checkout where an ordinary user can reach it, whatever the modes of the folders above. */
export const bindCheckout = async (): Promise<string> => {
  const view = mkdtempSync("/tmp/miren-checkout-")
  chmodSync(view, 0o755)
  await must(["mount", "--bind", root, view])
  return view
}
