/**
 * containerd + gVisor + CNI as one service: sandboxes by id. Knows no Kubernetes; speaks containerd's words.
 *
 * Every verb may be cut and run again: `create`, `start`, `stop` and `remove` are idempotent by id, and an id is never
 * used for a second sandbox (a restart is a new id: runsc moves the address out of a netns, so a netns serves once).
 * Implementations: `ContainerdRuntime` and `FakeRuntime`; both pass `test/conformance/runtime.ts`.
 * Start with {@link SandboxRuntime}.
 */
import type { Duplex } from "node:stream"
import { Context, Data, type Effect, type Scope, type Stream } from "effect"

/** 32 lower-case hex digits. Fixed length, since runsc takes an id that is a prefix of another for ambiguous. */
export type SandboxId = string

export type Handler = "gvisor" | "runc"

export interface PortMapping {
  readonly containerPort: number
  /** On the host, all addresses of `hostIP` (default 127.0.0.1). */
  readonly hostPort: number
  readonly hostIP?: string
  readonly protocol: "tcp" | "udp"
}

export interface Resources {
  /** Thousandths of a core. */
  readonly cpuMillis?: number
  readonly memoryBytes?: number
  readonly pids?: number
}

export interface ContainerSpec {
  readonly name: string
  /** Must be present: `ensureImage` first. */
  readonly image: string
  /** Replaces the image's entrypoint; with `args` absent the image's cmd is dropped too (as in a pod). */
  readonly command?: ReadonlyArray<string>
  readonly args?: ReadonlyArray<string>
  readonly workingDir?: string
  readonly env: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly resources: Resources
  readonly tty?: boolean
  /** Kept open for who attaches; without it the program reads the end of its standard input at once. */
  readonly stdin?: boolean
  /** Standard input ends for good when the first who attached to it goes. With a terminal it stays open all the same. */
  readonly stdinOnce?: boolean
  readonly readOnlyRoot?: boolean
  readonly user?: { readonly uid: number; readonly gid: number }
}

export interface SandboxSpec {
  readonly id: SandboxId
  readonly handler: Handler
  readonly hostname: string
  /** Found again through `list`: whose it is. Keys and values are opaque here. */
  readonly labels: { readonly [key: string]: string }
  readonly ports: ReadonlyArray<PortMapping>
  /** One for now; several share one network and, under gVisor, one sentry. */
  readonly containers: readonly [ContainerSpec]
}

export type TaskState =
  | { readonly state: "created" }
  | { readonly state: "running"; readonly pid: number; readonly startedAt: Date | undefined }
  | {
      readonly state: "exited"
      /** 128 + n for a signal. */
      readonly exitCode: number
      readonly exitedAt: Date
      readonly oomKilled: boolean
    }
  /** Parts exist but no task: a creation or removal that was cut. `remove` cleans it. */
  | { readonly state: "partial" }

export interface SandboxStatus {
  readonly id: SandboxId
  readonly handler: Handler
  readonly labels: { readonly [key: string]: string }
  /** IPv4 first. Empty when the network is not up (yet, or any more). */
  readonly addresses: ReadonlyArray<string>
  readonly task: TaskState
  readonly createdAt: Date
}

export interface Image {
  readonly reference: string
  readonly digest: string
  readonly sizeBytes: number
}

export type PullPolicy = "Always" | "IfNotPresent" | "Never"

export interface RuntimeInfo {
  readonly name: "containerd" | "fake"
  readonly containerdVersion: string
  /** The first is for sandboxes that do not choose. */
  readonly handlers: ReadonlyArray<{
    readonly handler: Handler
    readonly version: string
    /** systrap, ptrace, kvm; for runc: none. */
    readonly platform: string
    /** netstack: gVisor's own stack; host: the host kernel's stack inside the sandbox's netns. */
    readonly network: "netstack" | "host"
  }>
  readonly cgroup: "v1" | "v2" | "none"
}

export type RuntimeEvent =
  | { readonly type: "exited"; readonly id: SandboxId }
  | { readonly type: "oom"; readonly id: SandboxId }
  /** Events may have been missed (containerd restarted): list again. */
  | { readonly type: "resync" }

export interface LogOptions {
  readonly follow?: boolean
  readonly tailLines?: number
  readonly since?: Date
  readonly timestamps?: boolean
}

export interface ExecSpec {
  readonly command: ReadonlyArray<string>
  readonly tty: boolean
  readonly env?: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly workingDir?: string
  readonly stdin: boolean
}

export interface ExecOutput {
  readonly stream: "stdout" | "stderr"
  readonly chunk: Uint8Array
}

/** A process and its caller. */
export interface ProcessSession {
  readonly output: Stream.Stream<ExecOutput, RuntimeError>
  readonly write: (chunk: Uint8Array) => Effect.Effect<void, RuntimeError>
  readonly closeStdin: Effect.Effect<void>
  readonly resize: (size: {
    readonly columns: number
    readonly rows: number
  }) => Effect.Effect<void, RuntimeError>
  /** The exit code, after all output was delivered. */
  readonly exit: Effect.Effect<number, RuntimeError>
}

/** A process that was started for its caller; killed when the Scope closes. */
export type ExecSession = ProcessSession

export interface AttachSpec {
  /** Whether the caller wants to write; refused with FailedPrecondition where the container has no `stdin`, or it has ended. */
  readonly stdin: boolean
}

/**
 * The main process of a sandbox and one of its callers; it goes on when the Scope closes.
 *
 * Its output is that from the moment of the attach on, both streams as one. Several may attach at once: all see the output,
 * and what they write is mixed. Where `stdinOnce` ends the process's input, that is told to it when the caller's input or
 * Scope ends, and no other caller with input is left.
 */
export interface AttachSession extends ProcessSession {
  /** The process's standard input stays open when `closeStdin` ends the caller's. */
  readonly keepsStdin: boolean
}

/** What a sandbox has used and uses. */
export interface SandboxStats {
  /** Processor time since it was started. */
  readonly cpuNanos: number
  /** Without what the kernel could take back at once. */
  readonly memoryBytes: number
}

export type RuntimeErrorReason =
  | "NotFound"
  | "AlreadyExists"
  | "InvalidArgument"
  | "FailedPrecondition"
  | "ImageNotPresent"
  | "ImagePullFailed"
  | "NetworkFailed"
  | "StartFailed"
  | "DeadlineExceeded"
  | "Unavailable"
  | "Unknown"

/** What could not be done, on what. `message` is a sentence that a person understands; secrets never stand in it. */
export class RuntimeError extends Data.TaggedError("RuntimeError")<{
  readonly reason: RuntimeErrorReason
  /** The sandbox id, image reference or path that it speaks of. */
  readonly subject: string
  readonly operation: string
  readonly message: string
  readonly cause?: unknown
}> {}

/** The service. See the module comment for what it guarantees. */
export class SandboxRuntime extends Context.Service<
  SandboxRuntime,
  {
    readonly info: Effect.Effect<RuntimeInfo, RuntimeError>
    readonly ensureImage: (reference: string, policy: PullPolicy) => Effect.Effect<Image, RuntimeError>
    /** Imports an OCI (or docker-save) tar; `reference` names it where the tar does not. */
    readonly importImage: (
      tarPath: string,
      reference?: string,
    ) => Effect.Effect<ReadonlyArray<Image>, RuntimeError>
    readonly images: Effect.Effect<ReadonlyArray<Image>, RuntimeError>
    /** Network up, snapshot and task made, nothing started. */
    readonly create: (spec: SandboxSpec) => Effect.Effect<SandboxStatus, RuntimeError>
    readonly start: (id: SandboxId) => Effect.Effect<void, RuntimeError>
    /** SIGTERM, then SIGKILL after the grace. Succeeds when the task has exited, or was not there. */
    readonly stop: (id: SandboxId, graceSeconds: number) => Effect.Effect<void, RuntimeError>
    /** Leaves nothing: task, container, snapshot, address, rules, netns, mounts, cgroup, logs. Kills what still runs. */
    readonly remove: (id: SandboxId) => Effect.Effect<void, RuntimeError>
    readonly status: (id: SandboxId) => Effect.Effect<SandboxStatus | undefined, RuntimeError>
    /** All that carries our label, halves included. */
    readonly list: Effect.Effect<ReadonlyArray<SandboxStatus>, RuntimeError>
    readonly events: Stream.Stream<RuntimeEvent>
    readonly logs: (id: SandboxId, options: LogOptions) => Stream.Stream<Uint8Array, RuntimeError>
    readonly exec: (id: SandboxId, spec: ExecSpec) => Effect.Effect<ExecSession, RuntimeError, Scope.Scope>
    /** Fails with NotFound, or with FailedPrecondition where nothing runs. */
    readonly attach: (
      id: SandboxId,
      spec: AttachSpec,
    ) => Effect.Effect<AttachSession, RuntimeError, Scope.Scope>
    /**
     * A connection to a TCP port of the sandbox, closed with the Scope: at its address or, where that refuses, at its
     * loopback, as far as the handler lets anybody in.
     */
    readonly dial: (id: SandboxId, port: number) => Effect.Effect<Duplex, RuntimeError, Scope.Scope>
    /** Fails with FailedPrecondition where nothing runs. */
    readonly stats: (id: SandboxId) => Effect.Effect<SandboxStats, RuntimeError>
  }
>()("runtime-shim/SandboxRuntime") {}
