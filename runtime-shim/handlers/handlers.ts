/** The handlers of this machine: for each, the containerd runtime that serves it and how it is told to. */
import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { create, toBinary } from "@bufbuild/protobuf"
import { Effect } from "effect"
import { findExecutable, runCommand, runOrFail } from "../command.ts"
import { type Installation, pathsOf } from "../installation.ts"
import { OptionsSchema, ShimConfigSchema } from "../proto/containerd/options.gen.ts"
import { requireProgram } from "../requirements.ts"
import type { Handler, RuntimeError, RuntimeInfo } from "../sandbox-runtime.ts"
import { probeGvisor, runscVersion } from "./probe.ts"
import { type WrapperOptions, wrapperScript } from "./wrapper.ts"

/** What Containers.Create and Tasks.Create are given for a handler. */
export interface TaskRuntime {
  readonly name: string
  readonly options: { readonly typeUrl: string; readonly value: Uint8Array }
  readonly info: RuntimeInfo["handlers"][number]
  /** runsc as a program, where the shim does not know the pids inside a sandbox. */
  readonly runsc?: string
  /** How a connection to 127.0.0.1 inside a sandbox is made. Absent: there is no way in. */
  readonly loopback?: Loopback
}

/**
 * `netns`: the loopback is that of the sandbox's netns. `port-forward`: it is in gVisor's own network stack, and runsc's
 * command of that name lets one in; builds before 2023 (Debian 12's) do not have it.
 */
export type Loopback = { readonly by: "netns" } | { readonly by: "port-forward"; readonly runsc: string }

export type TaskRuntimes = ReadonlyMap<Handler, TaskRuntime>

const runcOptions = (binaryName: string) => ({
  typeUrl: "containerd.runc.v1.Options",
  value: toBinary(OptionsSchema, create(OptionsSchema, { binaryName })),
})

const openRunc = Effect.gen(function* () {
  const runc = yield* requireProgram("runc")
  const text = yield* runOrFail({ file: runc, args: ["--version"], subject: runc })
  const version = /version\s+(\S+)/.exec(text)?.[1] ?? "unknown"
  const info = { handler: "runc", version, platform: "none", network: "host" } as const
  const loopback = { by: "netns" } as const
  return { name: "io.containerd.runc.v2", options: runcOptions(runc), info, loopback } satisfies TaskRuntime
})

/** gVisor's own shim keeps runsc's state where its configuration says, so there only the netns is a way in. */
const gvisorLoopback = (
  script: string,
  { network, hasOwnShim }: { readonly network: "netstack" | "host"; readonly hasOwnShim: boolean },
): Effect.Effect<{ readonly loopback?: Loopback }, RuntimeError> => {
  if (network === "host") return Effect.succeed({ loopback: { by: "netns" } })
  if (hasOwnShim) return Effect.succeed({})
  const asked = runCommand({ file: script, args: ["help", "port-forward"], subject: "runsc" })
  return Effect.map(asked, ({ stdout, stderr }) =>
    `${stdout}${stderr}`.includes("port-forward CONTAINER_ID")
      ? { loopback: { by: "port-forward", runsc: script } }
      : {},
  )
}

interface GvisorFiles {
  readonly directory: string
  readonly script: string
}

/** gVisor's own shim reads a file; its `binary_name` is the same wrapper. */
const ownShimOptions = ({ directory, script }: GvisorFiles) => {
  const configPath = join(directory, "runsc.toml")
  writeFileSync(configPath, `binary_name = ${JSON.stringify(script)}\n`, { mode: 0o644 })
  return {
    typeUrl: "runtimeoptions.v1.Options",
    value: toBinary(
      ShimConfigSchema,
      create(ShimConfigSchema, { typeUrl: "io.containerd.runsc.v1.options", configPath }),
    ),
  }
}

/** Renamed into place: a shim may be running the one before. */
const writeWrapper = (script: string, options: WrapperOptions) => {
  writeFileSync(`${script}.new`, wrapperScript(options), { mode: 0o755 })
  chmodSync(`${script}.new`, 0o755)
  renameSync(`${script}.new`, script)
}

const openGvisor = (installation: Installation): Effect.Effect<TaskRuntime, RuntimeError> =>
  Effect.gen(function* () {
    const runsc = yield* requireProgram("runsc")
    const directory = pathsOf(installation).handlers
    const files = { directory, script: join(directory, "runsc") }
    const emptyDir = join(directory, "empty")
    mkdirSync(emptyDir, { recursive: true })
    const pidsDir = pathsOf(installation).fifos
    const mode = yield* probeGvisor(runsc, { directory, emptyDir, pidsDir })
    writeWrapper(files.script, { runsc, emptyDir, pidsDir, ...mode })
    const hasOwnShim = findExecutable("containerd-shim-runsc-v1") !== undefined
    const network = mode.network === "sandbox" ? "netstack" : "host"
    return {
      name: hasOwnShim ? "io.containerd.runsc.v1" : "io.containerd.runc.v2",
      options: hasOwnShim ? ownShimOptions(files) : runcOptions(files.script),
      info: {
        handler: "gvisor",
        version: yield* runscVersion(runsc),
        platform: mode.platform,
        network,
      },
      ...(yield* gvisorLoopback(files.script, { network, hasOwnShim })),
      ...(hasOwnShim ? {} : { runsc: files.script }),
    }
  })

/** Opens every handler that this machine has. Fails when one of `required` is missing. */
export const openHandlers = (
  installation: Installation,
  required: ReadonlyArray<Handler>,
): Effect.Effect<TaskRuntimes, RuntimeError> =>
  Effect.gen(function* () {
    const opened = new Map<Handler, TaskRuntime>()
    const openers = { gvisor: openGvisor(installation), runc: openRunc }
    for (const handler of new Set<Handler>([...required, "gvisor", "runc"])) {
      const runtime = yield* openers[handler].pipe(
        Effect.catchIf(
          () => !required.includes(handler),
          () => Effect.succeed(undefined),
        ),
      )
      if (runtime !== undefined) opened.set(handler, runtime)
    }
    return opened
  })
