/**
 * The real {@link SandboxRuntime}: containerd for images and tasks, gVisor or runc as the handler, CNI for the network.
 *
 * Guarantees: what runs outlives this process and is found again by the next; what no record names (a netns, a lease) is
 * taken down when the layer is built. Start with {@link containerdRuntimeLayer}.
 */
import { Effect, Layer, Schedule, Stream } from "effect"
import { type TaskEvent, taskEvents } from "./containerd/task-events.ts"
import { EventFeed } from "./event-feed.ts"
import { openHandlers } from "./handlers/handlers.ts"
import type { Credentials } from "./images/registry-auth.ts"
import { KeyedLock } from "./keyed-lock.ts"
import { RESYNC_DELAY_MS } from "./limits.ts"
import { streamLog } from "./logs/log-stream.ts"
import { LogWatch } from "./logs/log-watch.ts"
import type { NetworkOptions } from "./network/config.ts"
import { openWorld } from "./open-world.ts"
import { Version } from "./proto/containerd/version.gen.ts"
import { type Handler, type RuntimeError, type RuntimeInfo, SandboxRuntime } from "./sandbox-runtime.ts"
import { attachToSandbox } from "./tasks/attach.ts"
import { createSandbox } from "./tasks/creation.ts"
import { dialSandbox } from "./tasks/dial.ts"
import { execInSandbox } from "./tasks/exec.ts"
import { startSandbox, stopSandbox } from "./tasks/lifecycle.ts"
import { hasEnded, observeAll, observeSandbox, recordExit } from "./tasks/observation.ts"
import { removeSandbox } from "./tasks/removal.ts"
import { sandboxStats } from "./tasks/stats.ts"
import type { TaskWorld } from "./tasks/task-world.ts"

export interface ContainerdRuntimeOptions {
  /** The socket of a containerd: {@link managedContainerd}'s, or the machine's. */
  readonly address: string
  readonly dataDir: string
  /** Default: `/run/miren`. */
  readonly runRoot?: string
  /** Those without which the layer can't be built. Default: gvisor. Any other is used where it is installed. */
  readonly handlers?: ReadonlyArray<Handler>
  readonly network?: NetworkOptions
  /** Who to be at a registry. Default: nobody. */
  readonly credentials?: Credentials
}

/** Takes note of an event on disk, then tells it. An event of another installation's sandbox is none of ours. */
const takeEvent = (world: TaskWorld, feed: EventFeed, event: TaskEvent) =>
  Effect.gen(function* () {
    const { id } = event
    if (world.records.find(id) === undefined) return
    if (event.type === "oom") {
      yield* world.records.writeOutOfMemory(id)
      feed.publish({ type: "oom", id })
      return
    }
    yield* recordExit(world, id, event)
    feed.publish({ type: "exited", id })
  }).pipe(Effect.catch((error) => Effect.logWarning("an event could not be recorded", error.message)))

/**
 * Listens for ever. On each new line subscribers are told to list again, once containerd has surely begun to send: an
 * event that falls before that is seen by their list.
 */
const listen = (world: TaskWorld, feed: EventFeed) => {
  const resync = Effect.andThen(
    Effect.sleep(RESYNC_DELAY_MS),
    Effect.sync(() => feed.publish({ type: "resync" })),
  )
  const events = Stream.runForEach(taskEvents(world.containerd), (event) => takeEvent(world, feed, event))
  return Effect.gen(function* () {
    yield* Effect.forkScoped(resync)
    yield* events
  }).pipe(Effect.scoped, Effect.ignore, Effect.repeat(Schedule.spaced("200 millis")))
}

const infoOf = (world: TaskWorld): Effect.Effect<RuntimeInfo, RuntimeError> =>
  Effect.map(world.containerd.call(Version.method.version, {}, { subject: "containerd" }), ({ version }) => ({
    name: "containerd",
    containerdVersion: version,
    handlers: Array.from(world.runtimes.values(), ({ info }) => info),
    cgroup: world.cgroup,
  }))

/** A {@link SandboxRuntime} over a containerd that runs. See the module comment. */
export const containerdRuntimeLayer = (
  options: ContainerdRuntimeOptions,
): Layer.Layer<SandboxRuntime, RuntimeError> =>
  Layer.effect(
    SandboxRuntime,
    Effect.gen(function* () {
      const opened = yield* openWorld(options)
      const runtimes = yield* openHandlers(opened.installation, options.handlers ?? ["gvisor"])
      const world = { ...opened, runtimes }
      const { records, networks, images } = world
      yield* networks.reconcile((id) => records.find(id) !== undefined)
      yield* networks.ensure
      const watch = yield* Effect.acquireRelease(
        Effect.sync(() => new LogWatch()),
        (opened) => Effect.sync(() => opened.close()),
      )
      for (const id of records.ids()) {
        if (records.exit(id) === undefined) watch.watch(id, records.files(id).log)
      }
      const feed = new EventFeed()
      // Two callers may mean the same sandbox. A stop waits for a grace, and does not keep a removal waiting.
      const lock = new KeyedLock()
      yield* Effect.forkScoped(listen(world, feed))
      return {
        info: infoOf(world),
        ensureImage: (reference, policy) => images.ensure(reference, policy),
        importImage: (path, reference) => images.import(path, reference),
        images: images.list,
        create: (spec) => lock.run(spec.id, createSandbox(world, spec)),
        start: (id) =>
          lock.run(
            id,
            Effect.andThen(
              Effect.sync(() => {
                if (records.find(id) !== undefined) watch.watch(id, records.files(id).log)
              }),
              startSandbox(world, id),
            ),
          ),
        stop: (id, graceSeconds) => stopSandbox(world, id, graceSeconds),
        remove: (id) =>
          lock.run(
            id,
            Effect.andThen(
              removeSandbox(world, id),
              Effect.sync(() => watch.forget(id)),
            ),
          ),
        status: (id) => observeSandbox(world, id),
        list: observeAll(world),
        events: feed.stream,
        logs: (id, logOptions) =>
          Stream.suspend(() =>
            streamLog({ id, log: records.files(id).log, hasEnded: hasEnded(world, id) }, logOptions),
          ),
        exec: (id, spec) => execInSandbox(world, id, spec),
        attach: (id, spec) => attachToSandbox(world, id, spec),
        dial: (id, port) => dialSandbox(world, id, port),
        stats: (id) => sandboxStats(world, id),
      }
    }),
  )
