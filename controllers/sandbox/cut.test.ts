/** A runner that is killed before or after any one of its actions, and another that takes over. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, type Scope } from "effect"
import { Client, isReason } from "../../client/index.ts"
import { SandboxRuntime } from "../../runtime-shim/index.ts"
import { Sandbox } from "../../schemas/index.ts"
import { type MachineWorld, makeMachineWorld, startProcess } from "../../test/kit/machine-world.ts"
import { pass, settle } from "../../test/kit/settle.ts"
import { runSandboxes } from "./index.ts"

type World = Context.Context<Client | SandboxRuntime>

const key = { namespace: "default", name: "web" }
const container = { name: "main", image: "busybox", command: ["serve"] }
const web: Sandbox = {
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { ...key },
  spec: { nodeName: "n1", containers: [container] },
}

/** Counts actions, and lets the nth never return: done before (`after`), or not done at all (`before`). */
class Cut {
  readonly at: number
  readonly side: "before" | "after"
  count = 0

  constructor(at: number, side: "before" | "after") {
    this.at = at
    this.side = side
  }

  get isReached(): boolean {
    return this.count >= this.at
  }

  readonly action = <A, E>(run: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      this.count += 1
      if (this.count !== this.at) return this.count > this.at ? Effect.never : run
      return this.side === "before" ? Effect.never : Effect.andThen(run, Effect.never)
    })
}

const cutBy = (cut: Cut, context: World): World => {
  const client = Context.get(context, Client)
  const runtime = Context.get(context, SandboxRuntime)
  return Context.merge(
    Context.make(Client, {
      ...client,
      patch: (kind, at, request) => cut.action(client.patch(kind, at, request)),
      updateStatus: (kind, object, options) => cut.action(client.updateStatus(kind, object, options)),
    }),
    Context.make(SandboxRuntime, {
      ...runtime,
      ensureImage: (reference, policy) =>
        policy === "Never"
          ? runtime.ensureImage(reference, policy)
          : cut.action(runtime.ensureImage(reference, policy)),
      create: (spec) => cut.action(runtime.create(spec)),
      start: (id) => cut.action(runtime.start(id)),
      stop: (id, graceSeconds) => cut.action(runtime.stop(id, graceSeconds)),
      remove: (id) => cut.action(runtime.remove(id)),
    }),
  )
}

const startRunner = (context: World) => startProcess(context, runSandboxes({ nodeName: "n1", grace: 0 }))

/** The life that is cut: made, ended by itself, replaced, deleted. What must hold after each part is checked. */
const live = Effect.fnUntraced(function* (
  world: MachineWorld,
  whenSettled: Effect.Effect<void, never, Scope.Scope>,
) {
  const client = Context.get(world.context, Client)
  const settled = Effect.andThen(settle, whenSettled)
  const patch = (spec: object) =>
    client.patch(Sandbox, key, {
      patch: { type: "merge", value: { spec: JSON.parse(JSON.stringify(spec)) } },
    })

  yield* client.create(Sandbox, web)
  yield* settled
  yield* expectRunning(world, ["serve"])

  for (const id of world.machine.sandboxes.keys()) yield* world.machine.exit(id, { exitCode: 3 })
  yield* settled
  yield* expectRunning(world, ["serve"])

  yield* patch({ containers: [{ ...container, command: ["serve", "more"] }] })
  yield* settled
  yield* expectRunning(world, ["serve", "more"])

  yield* client.delete(Sandbox, key)
  yield* settled
  const left = yield* client.get(Sandbox, key).pipe(
    Effect.as(1),
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed(0)),
  )
  expect({ objects: left, sandboxes: world.machine.sandboxes.size }).toEqual({ objects: 0, sandboxes: 0 })
})

/** Exactly one sandbox runs, it is the one in the status, and it runs what the spec says. */
const expectRunning = Effect.fnUntraced(function* (world: MachineWorld, command: ReadonlyArray<string>) {
  const { status } = yield* Context.get(world.context, Client).get(Sandbox, key)
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status
  const running = [...world.machine.sandboxes.values()]
  expect({ ready, id: status?.runtime?.sandboxID, command }).toEqual({
    ready: "True",
    id: running[0]?.spec.id,
    command: running[0]?.spec.containers[0].command,
  })
  expect(running.length).toBe(1)
})

/** Lives once with the cut; says whether it was reached. */
const liveCut = (at: number, side: "before" | "after") =>
  Effect.scoped(
    Effect.gen(function* () {
      const world = yield* makeMachineWorld
      const cut = new Cut(at, side)
      const runner = yield* startRunner(cutBy(cut, world.context))
      let isTakenOver = false
      const takeOver = Effect.gen(function* () {
        if (!cut.isReached || isTakenOver) return
        isTakenOver = true
        yield* runner.stop
        yield* startRunner(world.context)
        yield* pass(15)
      })
      yield* live(world, takeOver)
      return cut.isReached
    }),
  )

describe("a runner killed", () => {
  for (const side of ["before", "after"] as const) {
    it.effect(
      `${side} any one of its actions leaves nothing that another does not put right`,
      () =>
        Effect.gen(function* () {
          let at = 1
          while (yield* liveCut(at, side)) at += 1
          expect(at).toBeGreaterThan(15)
        }),
      30_000,
    )
  }
})
