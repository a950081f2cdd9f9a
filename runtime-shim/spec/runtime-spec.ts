/**
 * The OCI runtime specification's `config.json` of one container. Pure; golden-tested.
 *
 * Start with {@link runtimeSpec}.
 */
import { GVISOR_PIDS_MIN } from "../limits.ts"
import type { ContainerSpec, ExecSpec, Handler, Resources } from "../sandbox-runtime.ts"
import { seccompProfile } from "./seccomp.ts"
import type { User } from "./user.ts"

export interface RuntimeSpecInput {
  readonly handler: Handler
  readonly cgroup: "v1" | "v2" | "none"
  readonly hostname: string
  readonly container: ContainerSpec
  readonly args: ReadonlyArray<string>
  readonly env: ReadonlyArray<string>
  readonly user: User
  /** Absolute; "/" when neither the container nor the image says. */
  readonly cwd: string
  readonly netns: string
  readonly cgroupsPath: string
  /** The most open files that this daemon may let a process have. */
  readonly openFilesMax: number
  /** Files of the host that stand for /etc/hosts, /etc/resolv.conf and /etc/hostname. */
  readonly files: { readonly hosts: string; readonly resolvConf: string; readonly hostname: string }
}

/** Docker's set without NET_RAW and MKNOD: neither forged packets nor device nodes. */
const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
]

const MASKED_PATHS = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
]

const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

/** As after execve: a user that is not root holds none, but could be given those in the bounding set. */
const capabilitiesOf = ({ uid }: User) =>
  uid === 0
    ? { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES }
    : { bounding: CAPABILITIES }

const mount = (destination: string, type: string, options: ReadonlyArray<string>) => ({
  destination,
  type,
  source: type,
  options,
})

const bind = (destination: string, source: string) => ({
  destination,
  type: "bind",
  source,
  options: ["rbind", "rprivate", "rw", "nosuid", "nodev", "noexec"],
})

const mountsOf = ({ files }: RuntimeSpecInput) => [
  mount("/proc", "proc", ["nosuid", "noexec", "nodev"]),
  mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
  mount("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
  mount("/dev/shm", "tmpfs", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
  mount("/sys", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
  bind("/etc/hosts", files.hosts),
  bind("/etc/resolv.conf", files.resolvConf),
  bind("/etc/hostname", files.hostname),
]

const PERIOD_US = 100_000

/** The pids limit counts gVisor's own host threads too (about 25 when idle): below the floor a busy guest dies. */
const pidsOf = ({ pids }: Resources, handler: Handler) =>
  pids === undefined ? {} : { pids: { limit: handler === "gvisor" ? Math.max(pids, GVISOR_PIDS_MIN) : pids } }

const resourcesOf = ({ container: { resources }, handler, cgroup }: RuntimeSpecInput) => {
  const { cpuMillis, memoryBytes } = resources
  return {
    devices: [{ allow: false, access: "rwm" }],
    ...(cpuMillis === undefined
      ? {}
      : {
          cpu: {
            shares: Math.max(2, Math.round((cpuMillis * 1024) / 1000)),
            quota: Math.max(1000, cpuMillis * (PERIOD_US / 1000)),
            period: PERIOD_US,
          },
        }),
    ...(memoryBytes === undefined
      ? {}
      : // On v2 this means no swap; on v1 the file is missing where swap accounting is off.
        { memory: cgroup === "v2" ? { limit: memoryBytes, swap: memoryBytes } : { limit: memoryBytes } }),
    ...pidsOf(resources, handler),
  }
}

/** A process of a container, its first or an exec'd one. */
const processOf = (
  { user, cwd, openFilesMax }: Pick<RuntimeSpecInput, "user" | "cwd" | "openFilesMax">,
  { args, env, terminal }: ProcessWords,
) => ({
  terminal,
  user,
  args,
  env,
  cwd,
  capabilities: capabilitiesOf(user),
  rlimits: [{ type: "RLIMIT_NOFILE", hard: openFilesMax, soft: Math.min(openFilesMax, 65_536) }],
  noNewPrivileges: true,
})

interface ProcessWords {
  readonly args: ReadonlyArray<string>
  readonly env: ReadonlyArray<string>
  readonly terminal: boolean
}

export const runtimeSpec = (input: RuntimeSpecInput) => {
  const { container, handler, netns, args, env } = input
  const isLimited = container.resources.memoryBytes !== undefined
  return {
    ociVersion: "1.0.2",
    process: {
      ...processOf(input, { args, env, terminal: container.tty === true }),
      // Without it an OOM in a gVisor sandbox leaves the task running for ever.
      ...(isLimited ? { oomScoreAdj: 1000 } : {}),
    },
    root: { path: "rootfs", readonly: container.readOnlyRoot === true },
    hostname: input.hostname,
    mounts: mountsOf(input),
    linux: {
      cgroupsPath: input.cgroupsPath,
      resources: resourcesOf(input),
      namespaces: [
        { type: "pid" },
        { type: "ipc" },
        { type: "uts" },
        { type: "mount" },
        { type: "network", path: netns },
        ...(handler === "runc" && input.cgroup === "v2" ? [{ type: "cgroup" }] : []),
      ],
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      ...(handler === "runc" ? { seccomp: seccompProfile() } : {}),
    },
  }
}

export type RuntimeSpec = ReturnType<typeof runtimeSpec>

/** The process of an exec: the container's user and environment, with what the exec adds. */
export const execProcess = (container: RuntimeSpec["process"], exec: ExecSpec) => {
  const added = (exec.env ?? []).map(({ name, value }) => [name, value] as const)
  const env = new Map([
    ...(exec.tty ? [["TERM", "xterm"] as const] : []),
    ...container.env.map((entry) => {
      const equals = entry.indexOf("=")
      return [entry.slice(0, equals), entry.slice(equals + 1)] as const
    }),
    ...added,
  ])
  return processOf(
    {
      user: container.user,
      cwd: exec.workingDir ?? container.cwd,
      openFilesMax: container.rlimits[0]?.hard ?? 1024,
    },
    {
      args: exec.command,
      env: Array.from(env, ([name, value]) => `${name}=${value}`),
      terminal: exec.tty,
    },
  )
}
