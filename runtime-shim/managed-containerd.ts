/**
 * A containerd of our own, as a child: its root, state and address apart from any other on the machine.
 *
 * Guarantees: ready when acquired; started again when it dies; ended with the Scope. Its shims and what they run live on
 * when it ends or is killed, and are found again by the next one. One that a killed daemon left behind is replaced.
 * Start with {@link managedContainerd}.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { Effect, Schedule, type Scope } from "effect"
import { findExecutable, SYSTEM_PATH } from "./command.ts"
import { connect } from "./containerd/connection.ts"
import { type Installation, openInstallation, pathsOf } from "./installation.ts"
import { CONTAINERD_LOG_BYTES_MAX, CONTAINERD_READY_MS, CONTAINERD_STOP_MS } from "./limits.ts"
import { Version } from "./proto/containerd/version.gen.ts"
import { requireProgram, requireRoot } from "./requirements.ts"
import { RuntimeError } from "./sandbox-runtime.ts"

export interface ManagedContainerdOptions {
  readonly dataDir: string
  /** Default: `containerd` from PATH. */
  readonly binary?: string
  /** Default: `/run/miren`. */
  readonly runRoot?: string
}

export interface ManagedContainerd {
  /** The path of its socket. */
  readonly address: string
}

/** No CRI, no other snapshotters, nothing in directories that are not ours. Plugins unknown to a version are ignored by it. */
const DISABLED_PLUGINS = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.cri.v1.images",
  "io.containerd.cri.v1.runtime",
  "io.containerd.podsandbox.controller.v1.podsandbox",
  "io.containerd.nri.v1.nri",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]

const configOf = (installation: Installation): string => {
  const { root, state, address } = pathsOf(installation).containerd
  const text = JSON.stringify
  return [
    "version = 2",
    `root = ${text(root)}`,
    `state = ${text(state)}`,
    `disabled_plugins = ${text(DISABLED_PLUGINS)}`,
    "[grpc]",
    `  address = ${text(address)}`,
    "[ttrpc]",
    `  address = ${text(`${address}.ttrpc`)}`,
    "",
  ].join("\n")
}

const unavailable = (message: string, cause?: unknown) =>
  new RuntimeError({ reason: "Unavailable", operation: "start", subject: "containerd", message, cause })

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The pid of a containerd that runs with this config: none when the pid file is stale or was reused. */
const pidOfRunning = (installation: Installation): number | undefined => {
  const { pid, config } = pathsOf(installation).containerd
  try {
    const found = Number(readFileSync(pid, "utf8"))
    const commandLine = readFileSync(`/proc/${found}/cmdline`, "utf8").split("\0")
    return commandLine.includes(config) ? found : undefined
  } catch {
    return undefined
  }
}

const awaitGone = (pid: number) =>
  Effect.suspend(() => (isAlive(pid) ? Effect.fail("alive") : Effect.void)).pipe(
    Effect.retry(Schedule.spaced("20 millis")),
    Effect.timeoutOption(CONTAINERD_STOP_MS),
    Effect.ignore,
  )

const signal = (pid: number, name: "SIGTERM" | "SIGKILL") =>
  Effect.sync(() => {
    if (isAlive(pid)) process.kill(pid, name)
  })

/** Ends the installation's containerd, if one runs. Its shims stay. */
export const endContainerd = (installation: Installation): Effect.Effect<void> =>
  Effect.gen(function* () {
    const pid = pidOfRunning(installation)
    if (pid === undefined) return
    yield* signal(pid, "SIGTERM")
    yield* awaitGone(pid)
    if (pidOfRunning(installation) === pid) yield* signal(pid, "SIGKILL")
    yield* awaitGone(pid)
  })

const openLog = (path: string): number => {
  const isLong = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > CONTAINERD_LOG_BYTES_MAX
  return openSync(path, isLong ? "w" : "a", 0o600)
}

const spawnContainerd = (installation: Installation, binary: string): ChildProcess => {
  const { config, log, pid, address } = pathsOf(installation).containerd
  rmSync(address, { force: true })
  const output = openLog(log)
  try {
    const child = spawn(binary, ["--config", config, "--log-level", "warn"], {
      stdio: ["ignore", output, output],
      detached: true,
      env: { PATH: `${dirname(binary)}:${SYSTEM_PATH}` },
    })
    if (child.pid !== undefined) writeFileSync(pid, String(child.pid))
    return child
  } finally {
    closeSync(output)
  }
}

const ended = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      return resume(Effect.void)
    }
    child.once("exit", () => resume(Effect.void))
    child.once("error", () => resume(Effect.void))
  })

/** One life of a containerd: ends when it does. Ended by SIGTERM when interrupted. */
const live = (installation: Installation, binary: string) =>
  Effect.acquireUseRelease(
    Effect.try({
      try: () => spawnContainerd(installation, binary),
      catch: (cause) => unavailable(`containerd could not be started: ${String(cause)}`, cause),
    }),
    ended,
    () => endContainerd(installation),
  )

const awaitReady = (installation: Installation) =>
  Effect.scoped(
    Effect.gen(function* () {
      const containerd = yield* connect(pathsOf(installation).containerd.address)
      yield* containerd
        .call(Version.method.version, {}, { subject: "containerd", deadlineMs: 2_000 })
        .pipe(Effect.retry(Schedule.spaced("25 millis")))
    }),
  ).pipe(
    Effect.timeoutOrElse({
      duration: CONTAINERD_READY_MS,
      orElse: () =>
        Effect.fail(
          unavailable(`containerd did not become ready; see ${pathsOf(installation).containerd.log}`),
        ),
    }),
  )

const requireFile = (path: string): Effect.Effect<string, RuntimeError> => {
  const found = findExecutable(path)
  return found === undefined ? Effect.fail(unavailable(`${path} is not a program`)) : Effect.succeed(found)
}

/** Acquires a containerd for the data dir. See the module comment for what it guarantees. */
export const managedContainerd = (
  options: ManagedContainerdOptions,
): Effect.Effect<ManagedContainerd, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* requireRoot
    const binary = yield* options.binary === undefined
      ? requireProgram("containerd")
      : requireFile(options.binary)
    const installation = openInstallation(options.dataDir, options.runRoot)
    if (/[:,\\]/.test(installation.dataDir)) {
      // They mean something in the mount options of overlayfs, and containerd does not escape them.
      const message = `the data dir ${installation.dataDir} has a colon, comma or backslash in its path`
      return yield* Effect.fail(unavailable(message))
    }
    const { address, root, state, config } = pathsOf(installation).containerd
    yield* endContainerd(installation)
    yield* Effect.try({
      try: () => {
        mkdirSync(installation.runDir, { recursive: true, mode: 0o711 })
        mkdirSync(root, { recursive: true, mode: 0o711 })
        mkdirSync(state, { recursive: true, mode: 0o711 })
        writeFileSync(config, configOf(installation), { mode: 0o600 })
      },
      catch: (cause) => unavailable(`cannot write under ${installation.dataDir}: ${String(cause)}`, cause),
    })
    yield* live(installation, binary).pipe(
      Effect.andThen(Effect.logWarning("containerd ended; starting it again")),
      Effect.repeat(Schedule.spaced("200 millis")),
      Effect.tapError((error) => Effect.logError("containerd cannot be started", error.message)),
      Effect.forkScoped,
    )
    yield* awaitReady(installation)
    return { address }
  })
