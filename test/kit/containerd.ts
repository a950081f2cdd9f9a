/**
 * A real runtime for tests: a managed containerd with the test image, and counts of what sandboxes leave on a machine.
 *
 * Use it inside {@link inOwnNamespaces}.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Exit, type Layer, Scope } from "effect"
import {
  containerdRuntimeLayer,
  destroyRuntime,
  type Handler,
  managedContainerd,
  type RuntimeError,
  SandboxRuntime,
} from "../../runtime-shim/index.ts"
import { writeTestImage } from "./image.ts"

export interface RealRuntime {
  readonly dataDir: string
  readonly address: string
  /** Each build is a new service instance over the same containerd. */
  readonly layer: Layer.Layer<SandboxRuntime, RuntimeError>
  /** Ends containerd as a daemon does that stops: what runs goes on. */
  readonly stop: () => Promise<void>
  /** Starts it again. */
  readonly start: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Starts containerd on a new data dir and imports the test image. */
export const openRealRuntime = async (handlers: ReadonlyArray<Handler>): Promise<RealRuntime> => {
  const dataDir = mkdtempSync(join(tmpdir(), "runtime-"))
  let scope = Effect.runSync(Scope.make())
  const start = async () => {
    scope = Effect.runSync(Scope.make())
    return Effect.runPromise(Scope.provide(managedContainerd({ dataDir }), scope))
  }
  const stop = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const { address } = await start()
  const layer = containerdRuntimeLayer({ address, dataDir, handlers })
  const tar = writeTestImage(dataDir)
  const imported = Effect.flatMap(SandboxRuntime, (runtime) => runtime.importImage(tar))
  await Effect.runPromise(Effect.scoped(Effect.provide(imported, layer)))
  const close = async () => {
    await stop()
    await Effect.runPromise(destroyRuntime({ dataDir }))
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { dataDir, address, layer, stop, close, start: async () => void (await start()) }
}

const lines = (text: string) => text.split("\n").filter((line) => line !== "")

const list = (directory: string) => (existsSync(directory) ? readdirSync(directory) : [])

const run = (file: string, ...args: ReadonlyArray<string>) =>
  lines(execFileSync(file, [...args], { encoding: "utf8", timeout: 10_000 }))

const ctr = (address: string, ...args: ReadonlyArray<string>) =>
  run("timeout", "-k", "1", "10", "ctr", "--address", address, "-n", "miren", ...args)

/** Every process that this one sees: its pid and its arguments, joined by spaces. */
export const processes = (): ReadonlyArray<{ readonly pid: number; readonly command: string }> =>
  list("/proc").flatMap((pid) => {
    try {
      if (!/^\d+$/.test(pid)) return []
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
      return [{ pid: Number(pid), command }]
    } catch {
      return []
    }
  })

/** Entries of the sandbox store, which containerd has from 1.7 on. */
const sandboxEntries = (address: string): ReadonlyArray<string> => {
  const hasStore = ctr(address, "plugins", "list").some((line) => /\.grpc\.v1\s+sandboxes\s/.test(line))
  return hasStore ? ctr(address, "sandboxes", "list").filter((line) => /^[0-9a-f]{32}\s/.test(line)) : []
}

/** What sandboxes leave where they are not wholly removed, each thing as a line. */
export const leftovers = ({
  dataDir,
  address,
}: RealRuntime): { readonly [what: string]: ReadonlyArray<string> } => {
  const runDir = join(address, "..")
  const mounts = lines(readFileSync("/proc/self/mountinfo", "utf8"))
  const leases = list(join(dataDir, "cni")).flatMap((name) => list(join(dataDir, "cni", name)))
  const own = join("miren", runDir.slice(-12))
  const cgroups = ["", ...list("/sys/fs/cgroup")].flatMap((name) => list(join("/sys/fs/cgroup", name, own)))
  return {
    netns: list(join(runDir, "netns")),
    mounts: mounts.filter((line) => line.includes(runDir)),
    leases: leases.filter((name) => /^[0-9a-f.:]+$/.test(name)),
    // The plugin's own top-level chains stay, empty.
    rules: ["iptables-save", "ip6tables-save"].flatMap((file) =>
      run(file).filter((line) => / id: | CNI-DN-/.test(line)),
    ),
    veths: list("/proc/sys/net/ipv4/conf").filter((name) => name.startsWith("veth")),
    snapshots: ctr(address, "snapshots", "list").filter((line) => line.includes(" Active")),
    containers: ctr(address, "containers", "list", "-q"),
    tasks: ctr(address, "tasks", "list", "-q"),
    entries: sandboxEntries(address),
    cgroups: cgroups.filter((name) => /^[0-9a-f]{32}$/.test(name)),
    processes: processes().flatMap(({ command }) =>
      /^\S*(containerd-shim|runsc)/.test(command) ? [command] : [],
    ),
    records: list(join(dataDir, "sandboxes")),
    fifos: list(join(runDir, "fifos")),
    runcState: list("/run/containerd/runc/miren"),
    shimSockets: list("/run/containerd/s"),
  }
}
