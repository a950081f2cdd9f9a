/**
 * The fake runtime: {@link SandboxRuntime}'s contract over a {@link FakeWorld}, in the caller's time.
 *
 * Nothing is run. What a sandbox prints and when it ends follows from its command (see `program.ts`), a scripted program
 * or `world.exit`; under a test clock all of it happens when the test moves the clock. Start with {@link fakeRuntimeLayer}.
 */
import { Clock, type Duration, Effect, Layer, type Scope, Stream } from "effect"
import { openArchive } from "../images/archive.ts"
import {
  type PullPolicy,
  RuntimeError,
  type RuntimeErrorReason,
  type RuntimeInfo,
  type SandboxId,
  SandboxRuntime,
  type SandboxSpec,
  type SandboxStatus,
} from "../sandbox-runtime.ts"
import { attachToFake } from "./attach.ts"
import { execInFake } from "./exec.ts"
import { fakeLogs } from "./logs.ts"
import { dialFake, fakeStats } from "./use.ts"
import { type FakeOperation, type FakeSandbox, FakeWorld, statusOf } from "./world.ts"

export interface FakeRuntimeOptions {
  /** Share one between two layers for a daemon restart. Default: a new, empty world. */
  readonly world?: FakeWorld
  /** How long each operation takes. Default: no time. */
  readonly latency?: { readonly [operation in FakeOperation]?: Duration.Input }
  /** Called for each sandbox that runs, with a Scope that ends when it does not any more. */
  readonly serve?: (spec: SandboxSpec) => Effect.Effect<void, never, Scope.Scope>
}

const info: RuntimeInfo = {
  name: "fake",
  containerdVersion: "none",
  handlers: [
    { handler: "gvisor", version: "fake", platform: "none", network: "netstack" },
    { handler: "runc", version: "fake", platform: "none", network: "host" },
  ],
  cgroup: "none",
}

const ID = /^[0-9a-f]{32}$/

interface Instance {
  readonly world: FakeWorld
  readonly scope: Scope.Scope
  readonly options: FakeRuntimeOptions
}

const refuse = (
  operation: FakeOperation,
  subject: string,
  [reason, message]: readonly [RuntimeErrorReason, string],
) => Effect.fail(new RuntimeError({ reason, operation, subject, message }))

/** One call: noted, delayed, failed if so scripted, else done. */
const call = <A>(
  { world, options }: Instance,
  on: { readonly operation: FakeOperation; readonly subject: string; readonly half?: (now: number) => void },
  effect: (now: number) => Effect.Effect<A, RuntimeError>,
): Effect.Effect<A, RuntimeError> =>
  Effect.gen(function* () {
    const failure = world.called(on.operation, on.subject)
    const latency = options.latency?.[on.operation]
    if (latency !== undefined) yield* Effect.sleep(latency)
    const run = Effect.flatMap(Clock.currentTimeMillis, effect)
    if (failure === undefined) return yield* run
    if (failure.takesEffect === true) yield* run
    if (failure.leavesPartial === true) on.half?.(yield* Clock.currentTimeMillis)
    return yield* Effect.fail(world.errorOf(failure, on.subject))
  })

/** Moves a running sandbox along its program, and serves its ports, until it has ended. */
const drive = ({ world, scope, options }: Instance, sandbox: FakeSandbox): Effect.Effect<void> => {
  const along = Effect.gen(function* () {
    for (;;) {
      const now = yield* Clock.currentTimeMillis
      const next = world.settle(sandbox, now)
      if (sandbox.exited !== undefined) return
      const { program } = sandbox
      const turn = world.until(() => sandbox.exited !== undefined || sandbox.program !== program || undefined)
      yield* next === undefined ? turn : Effect.raceFirst(Effect.sleep(next - now), turn)
    }
  })
  const served = Effect.scoped(Effect.andThen(options.serve?.(sandbox.spec) ?? Effect.void, along))
  return Effect.asVoid(Effect.forkIn(served, scope, { startImmediately: true }))
}

const create = (instance: Instance, spec: SandboxSpec) => {
  const { world } = instance
  const half = (now: number) => {
    if (!world.sandboxes.has(spec.id)) world.add(spec, now, true)
  }
  return call(instance, { operation: "create", subject: spec.id, half }, (now) => {
    if (!ID.test(spec.id)) {
      return refuse("create", spec.id, ["InvalidArgument", "a sandbox id is 32 lower-case hex digits"])
    }
    const found = world.sandboxes.get(spec.id)
    if (found !== undefined && !found.partial) return Effect.succeed(statusOf(found))
    if (found === undefined && world.wasUsed(spec.id)) {
      return refuse("create", spec.id, ["FailedPrecondition", "this id has served a sandbox already"])
    }
    const [container] = spec.containers
    if (!world.images.has(container.image)) {
      return refuse("create", spec.id, ["ImageNotPresent", `image ${container.image} is not present`])
    }
    return Effect.sync(() => statusOf(world.add(spec, now, false)))
  })
}

const start = (instance: Instance, id: SandboxId) =>
  call(instance, { operation: "start", subject: id }, (now) => {
    const sandbox = instance.world.sandboxes.get(id)
    if (sandbox === undefined) return refuse("start", id, ["NotFound", `there is no sandbox ${id}`])
    if (sandbox.partial)
      return refuse("start", id, ["FailedPrecondition", `sandbox ${id} is not whole; remove it`])
    if (sandbox.startedAt !== undefined) return Effect.void
    sandbox.startedAt = now
    instance.world.changed()
    return drive(instance, sandbox)
  })

const stop = (instance: Instance, id: SandboxId, graceSeconds: number) =>
  call(instance, { operation: "stop", subject: id }, (now) =>
    Effect.gen(function* () {
      const { world } = instance
      const sandbox = world.sandboxes.get(id)
      if (sandbox === undefined) return
      world.settle(sandbox, now)
      const { onTerm } = sandbox.program
      if (onTerm !== "ignored") {
        world.end(sandbox, { at: now, exitCode: onTerm })
        return
      }
      if (sandbox.exited !== undefined || sandbox.startedAt === undefined) return
      yield* world.until(() => sandbox.exited).pipe(Effect.timeoutOption(graceSeconds * 1000))
      world.end(sandbox, { at: yield* Clock.currentTimeMillis, exitCode: 137 })
    }),
  )

const remove = (instance: Instance, id: SandboxId) => {
  const { world } = instance
  const half = () => {
    const sandbox = world.sandboxes.get(id)
    if (sandbox !== undefined) sandbox.partial = true
  }
  return call(instance, { operation: "remove", subject: id, half }, (now) =>
    Effect.sync(() => {
      const sandbox = world.sandboxes.get(id)
      if (sandbox === undefined) return
      world.end(sandbox, { at: now, exitCode: 137 })
      world.sandboxes.delete(id)
      world.changed()
    }),
  )
}

const status = (instance: Instance, id: SandboxId) =>
  call(instance, { operation: "status", subject: id }, (now) =>
    Effect.sync((): SandboxStatus | undefined => {
      const sandbox = instance.world.sandboxes.get(id)
      if (sandbox === undefined) return undefined
      instance.world.settle(sandbox, now)
      return statusOf(sandbox)
    }),
  )

const list = (instance: Instance) =>
  call(instance, { operation: "list", subject: "" }, (now) =>
    Effect.sync(() =>
      Array.from(instance.world.sandboxes.values(), (sandbox) => {
        instance.world.settle(sandbox, now)
        return statusOf(sandbox)
      }),
    ),
  )

const ensureImage = (instance: Instance, reference: string, policy: PullPolicy) =>
  call(instance, { operation: "ensureImage", subject: reference }, () => {
    const found = instance.world.images.get(reference)
    if (found !== undefined && policy !== "Always") return Effect.succeed(found)
    if (policy === "Never") {
      return refuse("ensureImage", reference, ["ImageNotPresent", `image ${reference} is not present`])
    }
    return Effect.sync(() => found ?? instance.world.addImage(reference))
  })

/** The names that the archive gives; one that can't be read still counts as an image when it is given a name. */
const namesIn = (path: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.scoped(openArchive(path)).pipe(
    Effect.map((images) => images.flatMap(({ reference }) => reference ?? [])),
    Effect.catch(() => Effect.succeed([])),
  )

const importImage = (instance: Instance, path: string, reference: string | undefined) =>
  call(instance, { operation: "importImage", subject: path }, () =>
    Effect.gen(function* () {
      const names = reference === undefined ? yield* namesIn(path) : [reference]
      if (names.length === 0) {
        return yield* refuse("importImage", path, ["InvalidArgument", `${path} names no image`])
      }
      return names.map((name) => instance.world.addImage(name))
    }),
  )

/** A {@link SandboxRuntime} that runs nothing. */
export const fakeRuntimeLayer = (options: FakeRuntimeOptions = {}): Layer.Layer<SandboxRuntime> =>
  Layer.effect(
    SandboxRuntime,
    Effect.gen(function* () {
      const instance: Instance = {
        world: options.world ?? new FakeWorld(),
        scope: yield* Effect.scope,
        options,
      }
      const { world } = instance
      for (const sandbox of world.sandboxes.values()) {
        if (sandbox.startedAt !== undefined && sandbox.exited === undefined) yield* drive(instance, sandbox)
      }
      return {
        info: Effect.succeed(info),
        ensureImage: (reference, policy) => ensureImage(instance, reference, policy),
        importImage: (path, reference) => importImage(instance, path, reference),
        images: call(instance, { operation: "images", subject: "" }, () =>
          Effect.sync(() => [...world.images.values()]),
        ),
        create: (spec) => create(instance, spec),
        start: (id) => start(instance, id),
        stop: (id, graceSeconds) => stop(instance, id, graceSeconds),
        remove: (id) => remove(instance, id),
        status: (id) => status(instance, id),
        list: list(instance),
        events: world.feed.stream,
        logs: (id, logOptions) =>
          Stream.unwrap(
            Effect.map(
              call(instance, { operation: "logs", subject: id }, () => Effect.void),
              () => fakeLogs(world, id, logOptions),
            ),
          ),
        exec: (id, spec) =>
          Effect.andThen(
            call(instance, { operation: "exec", subject: id }, () => Effect.void),
            execInFake(world, id, spec),
          ),
        attach: (id, spec) =>
          Effect.andThen(
            call(instance, { operation: "attach", subject: id }, () => Effect.void),
            attachToFake(world, id, spec),
          ),
        dial: (id) => dialFake(world, id),
        stats: (id) => fakeStats(world, id),
      }
    }),
  )
