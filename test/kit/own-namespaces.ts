/**
 * A command in namespaces of its own: network, mounts, processes, and an empty `/run`.
 *
 * All that it starts (containerd, shims, sandboxes, bridges, mounts) goes with its first process, whatever happens.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** The shell is the first process of the namespace, and as such reaps what loses its parent. */
const SCRIPT = [
  "set -e",
  "mount -t tmpfs -o mode=755 tmpfs /run",
  "ip link set lo up",
  '"$@" &',
  "wait $!",
].join("\n")

const ISOLATE = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"]

export const REPOSITORY = join(import.meta.dirname, "../..")

export interface IsolatedCommand {
  readonly command: ReadonlyArray<string>
  readonly env?: { readonly [name: string]: string }
  readonly signal?: AbortSignal
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs it to its end. Its TMPDIR is removed afterwards. Needs root. */
export const runIsolated = ({ command, env = {}, signal }: IsolatedCommand): Promise<Ended> => {
  const scratch = mkdtempSync(join(tmpdir(), "miren-test-"))
  const child = spawn("unshare", [...ISOLATE, "/bin/sh", "-c", SCRIPT, "sh", ...command], {
    cwd: REPOSITORY,
    env: { ...process.env, ...env, TMPDIR: scratch },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const end = () => child.kill("SIGKILL")
  signal?.addEventListener("abort", end)
  process.once("exit", end)
  return new Promise<Ended>((resolve, reject) => {
    const texts = { stdout: "", stderr: "" }
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].on("data", (chunk: Buffer) => {
        texts[stream] += chunk.toString()
      })
    }
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, ...texts }))
  }).finally(() => {
    signal?.removeEventListener("abort", end)
    process.removeListener("exit", end)
    rmSync(scratch, { recursive: true, force: true })
  })
}
