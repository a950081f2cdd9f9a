/**
 * Which platform and network mode of gVisor work on this machine, found by starting a sandbox with each, best first.
 *
 * Every start is bounded: kvm is known to hang where /dev/kvm is nested, so it is never tried.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { release } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { findExecutable, runCommand, runOrFail } from "../command.ts"
import { readJsonFile, writeJsonFile } from "../json-file.ts"
import { PROBE_DEADLINE_MS } from "../limits.ts"
import { RuntimeError } from "../sandbox-runtime.ts"
import { type WrapperOptions, wrapperScript } from "./wrapper.ts"

export interface GvisorMode {
  readonly platform: string
  readonly network: "sandbox" | "host"
  readonly hidesNet: boolean
}

interface Cached {
  readonly key: string
  readonly mode: GvisorMode
}

const candidates: ReadonlyArray<GvisorMode> = [
  { network: "sandbox", hidesNet: false },
  { network: "sandbox", hidesNet: true },
  { network: "host", hidesNet: false },
].flatMap((mode) => ["systrap", "ptrace"].map((platform) => ({ ...mode, platform }) as GvisorMode))

/** The smallest bundle: the machine's own files, read only, in a netns of its own. */
const bundleConfig = (program: string) => ({
  ociVersion: "1.0.2",
  process: { user: { uid: 0, gid: 0 }, args: [program], env: [], cwd: "/" },
  root: { path: "/", readonly: true },
  linux: { namespaces: [{ type: "pid" }, { type: "network" }, { type: "mount" }] },
})

const works = (mode: GvisorMode, directory: string, wrapper: Omit<WrapperOptions, keyof GvisorMode>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(directory, "probe-"))),
    (scratch) =>
      Effect.gen(function* () {
        const script = join(scratch, "runsc")
        writeFileSync(script, wrapperScript({ ...wrapper, ...mode }), { mode: 0o755 })
        writeFileSync(
          join(scratch, "config.json"),
          JSON.stringify(bundleConfig(findExecutable("true") ?? "/bin/true")),
        )
        const root = join(scratch, "root")
        const id = "probe"
        const common = { file: script, subject: `${mode.platform}/${mode.network}` }
        const run = { ...common, args: ["--root", root, "--ignore-cgroups", "run", "--bundle", scratch, id] }
        const ended = yield* runCommand({ ...run, deadlineMs: PROBE_DEADLINE_MS }).pipe(
          Effect.map(({ exitCode }) => exitCode === 0),
          Effect.catch(() => Effect.succeed(false)),
        )
        yield* Effect.ignore(runCommand({ ...common, args: ["--root", root, "delete", "--force", id] }))
        return ended
      }),
    (scratch) => Effect.sync(() => rmSync(scratch, { recursive: true, force: true })),
  )

export const runscVersion = (runsc: string): Effect.Effect<string, RuntimeError> =>
  Effect.map(
    runOrFail({ file: runsc, args: ["--version"], subject: runsc }),
    (text) => /version\s+(\S+)/.exec(text)?.[1] ?? "unknown",
  )

export interface ProbePaths {
  readonly directory: string
  readonly emptyDir: string
  readonly pidsDir: string
}

/** The best mode that works; remembered in `directory` for this build of runsc on this kernel. */
export const probeGvisor = (
  runsc: string,
  { directory, emptyDir, pidsDir }: ProbePaths,
): Effect.Effect<GvisorMode, RuntimeError> =>
  Effect.gen(function* () {
    mkdirSync(directory, { recursive: true })
    const cachePath = join(directory, "probe.json")
    const key = `${yield* runscVersion(runsc)} ${release()}`
    const cached = readJsonFile<Cached>(cachePath)
    if (cached?.key === key) return cached.mode
    for (const mode of candidates) {
      if (!(yield* works(mode, directory, { runsc, emptyDir, pidsDir }))) continue
      yield* writeJsonFile(cachePath, { key, mode } satisfies Cached)
      return mode
    }
    return yield* Effect.fail(
      new RuntimeError({
        reason: "FailedPrecondition",
        operation: "probe",
        subject: runsc,
        message: "no platform of gVisor works on this machine: choose --runtime runc",
      }),
    )
  })
