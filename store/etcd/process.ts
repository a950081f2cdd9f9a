/** One run of an etcd of our own: a cluster of one, on unix sockets in a directory that only we can enter. */
import { type ChildProcess, spawn } from "node:child_process"
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureDirectory } from "../data-dir.ts"
import type { StoreTimer } from "../timer.ts"
import { managedEtcdLimits } from "./limits.ts"

/** Where an etcd of ours keeps what. */
export interface EtcdPlace {
  readonly dataDir: string
  readonly logFile: string
  readonly pidFile: string
  /** etcd's working directory: a unix URL of etcd names a file in it. */
  readonly socketDir: string
  readonly endpoint: string
}

/** Lays out a directory for etcd; sockets go elsewhere where its path is longer than a socket's address can be. */
export const layEtcdPlace = (directory: string): EtcdPlace => {
  ensureDirectory(directory)
  const inside = join(directory, "run")
  const fits = Buffer.byteLength(join(inside, clientSocket)) <= socketPathBytesMax
  const socketDir = fits ? inside : mkdtempSync(join(tmpdir(), "miren-etcd-"))
  if (fits) ensureDirectory(inside)
  return {
    dataDir: join(directory, "data"),
    logFile: join(directory, "etcd.log"),
    pidFile: join(directory, "etcd.pid"),
    socketDir,
    endpoint: `unix://${join(socketDir, clientSocket)}`,
  }
}

/** Removes what must not outlive the run. */
export const clearEtcdPlace = ({ socketDir, pidFile }: EtcdPlace): void => {
  rmSync(socketDir, { recursive: true, force: true })
  rmSync(pidFile, { force: true })
}

/** An etcd that was started. `exited` resolves with a sentence when it is gone, for whatever reason. */
export interface EtcdProcess {
  readonly pid: number | undefined
  readonly exited: Promise<EtcdExit>
  /** SIGTERM, then SIGKILL when it takes too long. */
  stop(timer: StoreTimer): Promise<void>
}

export interface EtcdExit {
  readonly notFound: boolean
  readonly message: string
}

export const startEtcd = (binary: string, place: EtcdPlace): EtcdProcess => {
  rotateLog(place.logFile)
  // A killed etcd leaves its sockets, and the next one will not listen where one is.
  for (const socket of [clientSocket, peerSocket]) rmSync(join(place.socketDir, socket), { force: true })
  const log = openSync(place.logFile, "a", 0o600)
  const child = spawn(binary, flagsOf(place), {
    cwd: place.socketDir,
    env: childEnvironment(),
    stdio: ["ignore", log, log],
    // A group of its own: the terminal's Ctrl-C is for us, who stop it once nobody writes any more.
    detached: true,
  })
  closeSync(log)
  if (child.pid !== undefined) writeFileSync(place.pidFile, String(child.pid), { mode: 0o600 })
  const exited = exitOf(child)
  return {
    pid: child.pid,
    exited,
    stop: async (timer) => {
      child.kill("SIGTERM")
      const cancel = timer.after(managedEtcdLimits.stopTimeoutMs, () => child.kill("SIGKILL"))
      await exited
      cancel()
    },
  }
}

/** Ends an etcd that an earlier run of ours left behind when it was killed. */
export const stopLeftOver = async (place: EtcdPlace, timer: StoreTimer): Promise<void> => {
  const pid = leftOverPid(place)
  if (pid === undefined) return
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const deadline = timer.now() + managedEtcdLimits.stopTimeoutMs
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    while (timer.now() < deadline) {
      if (leftOverPid(place) === undefined) return
      await new Promise<void>((resolve) => timer.after(20, resolve))
    }
  }
}

/** The last line that etcd logged. */
export const lastLogLine = (place: EtcdPlace): string => {
  try {
    return readFileSync(place.logFile, "utf8").trimEnd().split("\n").at(-1)?.slice(0, 500) ?? ""
  } catch {
    return ""
  }
}

const clientSocket = "client:1"
const peerSocket = "peer:1"
/** sun_path of unix(7), less its terminating NUL. */
const socketPathBytesMax = 107

const flagsOf = ({ dataDir }: EtcdPlace): ReadonlyArray<string> => [
  ...["--name", "miren", "--data-dir", dataDir],
  ...["--listen-client-urls", `unix://${clientSocket}`, "--advertise-client-urls", `unix://${clientSocket}`],
  ...["--listen-peer-urls", `unix://${peerSocket}`, "--initial-advertise-peer-urls", `unix://${peerSocket}`],
  ...["--initial-cluster", `miren=unix://${peerSocket}`, "--initial-cluster-state", "new"],
  // History is compacted by us, to the window that was asked for.
  ...["--auto-compaction-retention", "0"],
  ...["--quota-backend-bytes", String(managedEtcdLimits.quotaBytes)],
  ...["--snapshot-count", String(managedEtcdLimits.snapshotCount)],
  ...["--max-request-bytes", String(managedEtcdLimits.requestBytesMax)],
  ...["--logger", "zap", "--log-outputs", "stderr", "--enable-grpc-gateway=false"],
]

/** etcd reads ETCD_* as flags, and refuses to start when one contradicts a flag of ours. */
const childEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("ETCD_"))),
  // etcd 3.4 calls arm64 unsupported unless told otherwise.
  ...(process.arch === "arm64" ? { ETCD_UNSUPPORTED_ARCH: "arm64" } : {}),
})

const exitOf = (child: ChildProcess): Promise<EtcdExit> =>
  new Promise((resolve) => {
    child.once("error", (error) =>
      resolve({ notFound: "code" in error && error.code === "ENOENT", message: error.message }),
    )
    child.once("exit", (code, signal) =>
      resolve({
        notFound: false,
        message: signal === null ? `exited with code ${code}` : `ended by ${signal}`,
      }),
    )
  })

const rotateLog = (logFile: string): void => {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size > managedEtcdLimits.logBytesMax) renameSync(logFile, `${logFile}.1`)
}

/** The pid in the pid file, where that is still an etcd on this very data directory. */
const leftOverPid = ({ pidFile, dataDir }: EtcdPlace): number | undefined => {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"))
    if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
    return command.includes(dataDir) ? pid : undefined
  } catch {
    return undefined
  }
}
