/**
 * A test file run in namespaces of its own: network, mounts, processes, and an empty `/run`.
 *
 * The file calls {@link inOwnNamespaces}; from outside that registers one test, which runs the same file again inside. All
 * that the inside starts (containerd, shims, sandboxes, bridges, mounts) goes with its first process, whatever happens.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"

const INSIDE = "MIREN_TEST_NAMESPACES"

const repository = join(import.meta.dirname, "../..")

/** The shell is the first process of the namespace, and as such reaps what loses its parent. */
const SCRIPT = [
  "set -e",
  "mount -t tmpfs -o mode=755 tmpfs /run",
  "ip link set lo up",
  '"$@" &',
  "wait $!",
].join("\n")

export interface NamespaceOptions {
  /** The test file itself: `import.meta.filename`. */
  readonly file: string
  /** The vitest project that it belongs to. */
  readonly project: "conformance" | "e2e"
  readonly timeoutMs: number
}

interface Ended {
  readonly code: number | null
  readonly output: string
}

const runInside = ({ file, project }: NamespaceOptions, signal: AbortSignal): Promise<Ended> => {
  const scratch = mkdtempSync(join(tmpdir(), "miren-test-"))
  const vitest = join(repository, "node_modules/vitest/vitest.mjs")
  const command = [process.execPath, vitest, "run", "--project", project, "--no-color", file]
  const isolate = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"]
  const child = spawn("unshare", [...isolate, "/bin/sh", "-c", SCRIPT, "sh", ...command], {
    cwd: repository,
    env: { ...process.env, [INSIDE]: "inside", TMPDIR: scratch },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  })
  const end = () => child.kill("SIGKILL")
  signal.addEventListener("abort", end)
  process.once("exit", end)
  return new Promise<Ended>((resolve, reject) => {
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
    child.once("error", reject)
    child.once("close", (code) => resolve({ code, output }))
  }).finally(() => {
    signal.removeEventListener("abort", end)
    process.removeListener("exit", end)
    rmSync(scratch, { recursive: true, force: true })
  })
}

/** Registers `body`'s tests where the file runs inside; outside, the one test that runs it there. Needs root. */
export const inOwnNamespaces = (options: NamespaceOptions, body: () => void): void => {
  if (process.env[INSIDE] === "inside") {
    body()
    return
  }
  test(
    "passes in namespaces of its own",
    async ({ signal }) => {
      expect(process.geteuid?.(), "this test needs root").toBe(0)
      const { code, output } = await runInside(options, signal)
      console.log(output)
      expect(code, output.slice(-4000)).toBe(0)
    },
    options.timeoutMs,
  )
}
