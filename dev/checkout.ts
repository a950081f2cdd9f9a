/** Where things are in a checkout, and what this user can run: shared by up, down and the dev shell. */
import { spawnSync } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join, resolve } from "node:path"
import { runningServer } from "../daemon/index.ts"

export const root = resolve(import.meta.dirname, "..")
export const mctl = join(root, "bin", "mctl")
export const dataDir = resolve(root, process.env.MIREN_DATA ?? ".miren")
export const kubeconfig = join(dataDir, "admin.kubeconfig")
export const logFile = join(dataDir, "server.log")

export const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Ends the program with one sentence that says what to do. */
export const fail = (sentence: string): never => {
  process.stderr.write(`miren: ${sentence}\n`)
  process.exit(1)
}

const onPath = (binary: string): boolean =>
  [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"].some((directory) => {
    try {
      accessSync(join(directory, binary), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

export interface Mode {
  readonly store: "etcd" | "embedded"
  readonly runtime: "gvisor" | "runc" | "fake"
  /** Why it is not the real thing, where it is not. */
  readonly because: string | undefined
}

/** The best that this machine and user can run. `MIREN_STORE` and `MIREN_RUNTIME` decide where they are set. */
export const chooseMode = (): Mode => {
  const asked = { store: process.env.MIREN_STORE, runtime: process.env.MIREN_RUNTIME }
  const isRoot = process.getuid?.() === 0
  const because =
    process.platform !== "linux" ? "this is not Linux" : !isRoot ? "you are not root" : undefined
  const real = because === undefined
  const runtime =
    asked.runtime === "gvisor" || asked.runtime === "runc" || asked.runtime === "fake"
      ? asked.runtime
      : !real
        ? "fake"
        : onPath("runsc")
          ? "gvisor"
          : fail(
              "runsc (gVisor) is not on PATH. Install it, or set MIREN_RUNTIME=runc to run without isolation.",
            )
  const store =
    asked.store === "etcd" || asked.store === "embedded"
      ? asked.store
      : real && onPath("etcd")
        ? "etcd"
        : "embedded"
  return { store, runtime, because }
}

/** The pid of the server on our data dir, where one runs. */
export const serverPid = (): number | undefined => runningServer(dataDir)

/** Runs mctl against our server; its output goes to ours unless it is wanted. */
export const runMctl = (
  args: ReadonlyArray<string>,
  options: { readonly capture?: boolean } = {},
): { readonly status: number; readonly stdout: string } => {
  const result = spawnSync(mctl, args, {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ["ignore", options.capture === true ? "pipe" : "inherit", "inherit"],
    encoding: "utf8",
    timeout: 120_000,
  })
  return { status: result.status ?? 1, stdout: result.stdout ?? "" }
}
