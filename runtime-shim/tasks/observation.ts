/** Reading what is there of sandboxes, from containerd and from disk; recording an exit as soon as it is seen. */
import { timestampDate } from "@bufbuild/protobuf/wkt"
import { Clock, Effect } from "effect"
import { OWNER_LABEL } from "../installation.ts"
import { type Container, Containers } from "../proto/containerd/containers.gen.ts"
import { type Process, Status } from "../proto/containerd/task.gen.ts"
import { Tasks } from "../proto/containerd/tasks.gen.ts"
import type { RuntimeError, SandboxId, SandboxStatus } from "../sandbox-runtime.ts"
import { cgroupPath, oomKills } from "./cgroup.ts"
import type { ExitRecord } from "./record.ts"
import { statusOf } from "./status.ts"
import { hasReason, type TaskWorld } from "./task-world.ts"

const KILLED = 137

export const findContainer = (
  { containerd, installation }: TaskWorld,
  id: SandboxId,
): Effect.Effect<Container | undefined, RuntimeError> =>
  containerd.call(Containers.method.get, { id }, { subject: id }).pipe(
    Effect.map(({ container }) =>
      container?.labels[OWNER_LABEL] === installation.id ? container : undefined,
    ),
    Effect.catchIf(hasReason("NotFound"), () => Effect.succeed(undefined)),
  )

export const findProcess = (
  { containerd }: TaskWorld,
  id: SandboxId,
): Effect.Effect<Process | undefined, RuntimeError> =>
  containerd.call(Tasks.method.get, { containerId: id }, { subject: id }).pipe(
    Effect.map(({ process }) => process),
    Effect.catchIf(hasReason("NotFound"), () => Effect.succeed(undefined)),
  )

/** Notes a stopped task's exit: containerd forgets it when its shim ends. */
export const recordExit = (
  { records, installation }: TaskWorld,
  id: SandboxId,
  exit: { readonly exitCode: number; readonly exitedAt: Date | undefined },
): Effect.Effect<ExitRecord | undefined, RuntimeError> =>
  Effect.gen(function* () {
    const known = records.exit(id)
    if (known !== undefined || records.find(id) === undefined) return known
    const now = new Date(yield* Clock.currentTimeMillis)
    const { exitCode, exitedAt } = exit
    const oomKilled =
      exitCode === KILLED && (records.wasOutOfMemory(id) || oomKills(cgroupPath(installation, id)) > 0)
    const record = { exitCode, exitedAt: (exitedAt ?? now).toISOString(), oomKilled }
    yield* records.writeExit(id, record)
    return record
  })

const exitOf = (world: TaskWorld, id: SandboxId, process: Process | undefined) => {
  if (process?.status !== Status.STOPPED) return Effect.succeed(world.records.exit(id))
  const exitedAt = process.exitedAt === undefined ? undefined : timestampDate(process.exitedAt)
  return recordExit(world, id, { exitCode: process.exitStatus, exitedAt })
}

const observe = (
  world: TaskWorld,
  id: SandboxId,
  found: { readonly container: Container | undefined; readonly process: Process | undefined },
): Effect.Effect<SandboxStatus | undefined, RuntimeError> =>
  Effect.map(exitOf(world, id, found.process), (exit) =>
    statusOf({
      ...found,
      id,
      exit,
      record: world.records.find(id),
      addresses: world.networks.addresses(id),
      startedAt: world.records.startedAt(id),
    }),
  )

export const observeSandbox = (
  world: TaskWorld,
  id: SandboxId,
): Effect.Effect<SandboxStatus | undefined, RuntimeError> =>
  Effect.flatMap(
    Effect.all([findContainer(world, id), findProcess(world, id)], { concurrency: 2 }),
    ([container, process]) => observe(world, id, { container, process }),
  )

/** Whether no more of it runs, or will: it was started and has ended, or is no more whole, or is gone. */
export const hasEnded = (world: TaskWorld, id: SandboxId): Effect.Effect<boolean, RuntimeError> =>
  Effect.map(observeSandbox(world, id), (status) => {
    const state = status?.task.state
    return state !== "running" && state !== "created"
  })

export const observeAll = (world: TaskWorld): Effect.Effect<ReadonlyArray<SandboxStatus>, RuntimeError> =>
  Effect.gen(function* () {
    const { containerd, installation, records } = world
    const filters = [`labels."${OWNER_LABEL}"==${installation.id}`]
    const subject = "sandboxes"
    const [{ containers }, { tasks }] = yield* Effect.all(
      [
        containerd.call(Containers.method.list, { filters }, { subject }),
        containerd.call(Tasks.method.list, {}, { subject }),
      ],
      { concurrency: 2 },
    )
    const containerOf = new Map(containers.map((container) => [container.id, container]))
    const processOf = new Map(tasks.map((process) => [process.id, process]))
    const ids = new Set([...records.ids(), ...containerOf.keys()])
    const found = yield* Effect.forEach(ids, (id) =>
      observe(world, id, { container: containerOf.get(id), process: processOf.get(id) }),
    )
    return found.filter((status) => status !== undefined)
  })
