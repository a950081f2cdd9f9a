/**
 * Making a sandbox: its record; then snapshot and container beside the netns; then the task beside the bridge.
 *
 * The bridge may come late: a task joins its netns when made, but takes its addresses only when started.
 * A failure or an interruption takes everything back. Start with {@link createSandbox}.
 */
import { pathToFileURL } from "node:url"
import { Clock, Effect } from "effect"
import type { TaskRuntime } from "../handlers/handlers.ts"
import type { ResolvedImage } from "../images/store.ts"
import { OWNER_LABEL } from "../installation.ts"
import { TASK_DEADLINE_MS } from "../limits.ts"
import { Containers } from "../proto/containerd/containers.gen.ts"
import type { Mount } from "../proto/containerd/mount.gen.ts"
import { Snapshots } from "../proto/containerd/snapshots.gen.ts"
import { Tasks } from "../proto/containerd/tasks.gen.ts"
import { RuntimeError, type SandboxSpec, type SandboxStatus } from "../sandbox-runtime.ts"
import { argumentsOf, environmentOf } from "../spec/command.ts"
import { type RuntimeSpec, runtimeSpec } from "../spec/runtime-spec.ts"
import { resolveUser } from "../spec/user.ts"
import { cgroupPath } from "./cgroup.ts"
import { hostsFile, resolvConfFile } from "./etc-files.ts"
import { makePipe } from "./fifo.ts"
import { readImageFile } from "./image-files.ts"
import { observeSandbox } from "./observation.ts"
import { ID } from "./record.ts"
import { removeSandbox } from "./removal.ts"
import { createSandboxEntry } from "./sandbox-entry.ts"
import { HANDLER_LABEL } from "./status.ts"
import { startFailed, type TaskWorld } from "./task-world.ts"

const SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec"

const refuse = (id: string, reason: "InvalidArgument" | "FailedPrecondition", message: string) =>
  Effect.fail(new RuntimeError({ reason, operation: "create", subject: id, message }))

interface Parts {
  readonly spec: SandboxSpec
  readonly runtime: TaskRuntime
  readonly image: ResolvedImage
  readonly createdAt: Date
}

const buildSpec = (world: TaskWorld, { spec, image }: Parts, mounts: ReadonlyArray<Mount>) =>
  Effect.gen(function* () {
    const { id, hostname, handler } = spec
    const [container] = spec.containers
    const args = argumentsOf(container, image.config)
    if (args.length === 0) {
      return yield* refuse(id, "InvalidArgument", `the image ${container.image} names no command; give one`)
    }
    const user = container.user ?? resolveUser(image.config.user, (path) => readImageFile(mounts, path))
    if (user === undefined) {
      return yield* refuse(
        id,
        "InvalidArgument",
        `the image's user ${image.config.user} is not in its /etc/passwd`,
      )
    }
    const files = world.records.files(id)
    const tty = container.tty === true
    return runtimeSpec({
      handler,
      hostname,
      container,
      args,
      user,
      files,
      cgroup: world.cgroup,
      openFilesMax: world.openFilesMax,
      env: environmentOf({ image: image.config.env, container: container.env, hostname, tty }),
      cwd: container.workingDir ?? (image.config.workingDir || "/"),
      netns: world.networks.netnsOf(id),
      cgroupsPath: cgroupPath(world.installation, id),
    })
  })

/** The label holds the snapshot until its container does: the collector may run in between. */
const prepareSnapshot = ({ containerd, snapshotter, installation }: TaskWorld, { spec, image }: Parts) =>
  Effect.map(
    containerd.call(
      Snapshots.method.prepare,
      {
        snapshotter,
        key: spec.id,
        parent: image.chainId,
        labels: {
          "containerd.io/gc.root": new Date(0).toISOString(),
          [OWNER_LABEL]: installation.id,
        },
      },
      { subject: spec.id },
    ),
    ({ mounts }) => mounts,
  )

const createContainer = (world: TaskWorld, { spec, runtime }: Parts, ociSpec: RuntimeSpec) =>
  world.containerd.call(
    Containers.method.create,
    {
      container: {
        id: spec.id,
        image: spec.containers[0].image,
        labels: { [OWNER_LABEL]: world.installation.id, [HANDLER_LABEL]: spec.handler },
        runtime: { name: runtime.name, options: runtime.options },
        spec: { typeUrl: SPEC_TYPE, value: Buffer.from(JSON.stringify(ociSpec)) },
        snapshotter: world.snapshotter,
        snapshotKey: spec.id,
      },
    },
    { subject: spec.id },
  )

/** Not to be cut: containerd would go on without us. */
const createTask = (world: TaskWorld, { spec, runtime }: Parts, mounts: ReadonlyArray<Mount>) => {
  const { log, stdin } = world.records.files(spec.id)
  const [container] = spec.containers
  const tty = container.tty === true
  // With a terminal the shim opens a path as it is; without one it appends to a file:// URI.
  const stdout = tty ? log : pathToFileURL(log).href
  const create = world.containerd.call(
    Tasks.method.create,
    {
      containerId: spec.id,
      rootfs: [...mounts],
      terminal: tty,
      stdin: container.stdin === true ? stdin : "",
      stdout,
      stderr: tty ? "" : stdout,
      options: runtime.options,
    },
    { subject: spec.id, deadlineMs: TASK_DEADLINE_MS },
  )
  return Effect.uninterruptible(Effect.mapError(create, startFailed("create")))
}

const writeEtcFiles = ({ records }: TaskWorld, { id, hostname }: SandboxSpec) => {
  const files = records.files(id)
  return Effect.all(
    [
      records.writeFile(files.hosts, hostsFile(hostname, [])),
      records.writeFile(files.resolvConf, resolvConfFile()),
      records.writeFile(files.hostname, `${hostname}\n`),
    ],
    { discard: true },
  )
}

/** What later callers of the sandbox's program must know of it. */
const programOf = ({ containers: [{ tty, stdin, stdinOnce }] }: SandboxSpec) => ({
  ...(tty === true ? { tty } : {}),
  ...(stdin === true ? { stdin: stdinOnce === true ? ("once" as const) : ("kept" as const) } : {}),
})

const make = (world: TaskWorld, parts: Parts) =>
  Effect.gen(function* () {
    const { records, networks } = world
    const { spec, createdAt } = parts
    const { id, handler, hostname, labels } = spec
    yield* records.open(id)
    const program = programOf(spec)
    yield* records.write(id, { handler, hostname, labels, createdAt: createdAt.toISOString(), ...program })
    yield* writeEtcFiles(world, spec)
    if (program.stdin !== undefined) yield* makePipe(records.files(id).stdin, id)
    const container = Effect.gen(function* () {
      const mounts = yield* prepareSnapshot(world, parts)
      const ociSpec = yield* buildSpec(world, parts, mounts)
      yield* records.writeProcess(id, ociSpec.process)
      yield* createContainer(world, parts, ociSpec)
      return mounts
    })
    const attach = Effect.flatMap(networks.attach(id), (addresses) =>
      records.writeFile(records.files(id).hosts, hostsFile(hostname, addresses)),
    )
    const both = { concurrency: 2 } as const
    const [mounts] = yield* Effect.all([container, networks.prepare(id, spec.ports)], both)
    const entry = createSandboxEntry(world, id, parts.runtime)
    yield* Effect.all([createTask(world, parts, mounts), attach, entry], { concurrency: 3 })
  })

/** Idempotent by id: gives what is there, or makes it; a half is taken away first. */
export const createSandbox = (
  world: TaskWorld,
  spec: SandboxSpec,
): Effect.Effect<SandboxStatus, RuntimeError> =>
  Effect.gen(function* () {
    const { id, handler } = spec
    if (!ID.test(id)) {
      return yield* refuse(id, "InvalidArgument", "a sandbox id is 32 lower-case hex digits")
    }
    const runtime = world.runtimes.get(handler)
    if (runtime === undefined) {
      return yield* refuse(
        id,
        "FailedPrecondition",
        `the handler ${handler} is not installed on this machine`,
      )
    }
    // Without a record there is nothing whole. A container whose record is lost makes its creation fail, and is removed then.
    const isKnown = world.records.find(id) !== undefined
    const found = isKnown ? yield* observeSandbox(world, id) : undefined
    if (found !== undefined && found.task.state !== "partial") return found
    const image = yield* world.images.resolve(spec.containers[0].image)
    if (isKnown) yield* removeSandbox(world, id)
    const createdAt = new Date(yield* Clock.currentTimeMillis)
    yield* make(world, { spec, runtime, image, createdAt }).pipe(
      Effect.onError(() => Effect.ignore(removeSandbox(world, id))),
    )
    const { labels } = spec
    const addresses = world.networks.addresses(id)
    return { id, handler, labels, addresses, task: { state: "created" }, createdAt }
  })
