import { describe, expect, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { Client, isReason } from "../../client/index.ts"
import { exitsAfter, SandboxRuntime } from "../../runtime-shim/index.ts"
import { Sandbox } from "../../schemas/index.ts"
import { type MachineWorld, makeMachineWorld, startProcess } from "../../test/kit/machine-world.ts"
import { pass, settle } from "../../test/kit/settle.ts"
import { identityOf, runtimeIdOf, runtimeLabels } from "./identity.ts"
import { runSandboxes } from "./index.ts"

const key = { namespace: "default", name: "web" }

const web = (spec: Partial<Sandbox["spec"]> = {}): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { ...key },
  spec: { nodeName: "n1", containers: [{ name: "main", image: "busybox", command: ["serve"] }], ...spec },
})

/** A runner process. */
const startRunner = (context: MachineWorld["context"]) =>
  startProcess(context, runSandboxes({ nodeName: "n1", grace: 0 }))

const started = Effect.gen(function* () {
  const world = yield* makeMachineWorld
  const runner = yield* startRunner(world.context)
  return { world, runner, client: Context.get(world.context, Client) }
})

const read = ({ context }: MachineWorld) => Context.get(context, Client).get(Sandbox, key)

const isThere = (world: MachineWorld) =>
  read(world).pipe(
    Effect.as(true),
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed(false)),
  )

const conditionIn = ({ status }: Sandbox, type: string) => {
  const found = status?.conditions?.find((condition) => condition.type === type)
  return `${found?.status} ${found?.reason}`
}

const summary = (sandbox: Sandbox): string =>
  `${conditionIn(sandbox, "Ready")} #${sandbox.status?.containerStatuses?.[0]?.restartCount}`

const attempts = ({ machine }: MachineWorld): ReadonlyArray<number | undefined> =>
  [...machine.sandboxes.values()].map(({ spec }) => identityOf(spec)?.attempt)

/** Ends what runs for the sandbox now, as if by itself. */
const exit = Effect.fnUntraced(function* ({ machine }: MachineWorld, exitCode: number) {
  for (const id of machine.sandboxes.keys()) yield* machine.exit(id, { exitCode })
})

describe("a sandbox", () => {
  it.effect("is created, started, and told in its status", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      const found = yield* read(world)
      expect(summary(found)).toBe("True Running #0")
      for (const type of ["Scheduled", "ImagePresent", "NetworkReady"]) {
        expect(conditionIn(found, type)).toMatch(/^True /)
      }
      const [runtime] = world.machine.sandboxes.values()
      expect(runtime?.spec.labels).toMatchObject({
        [runtimeLabels.namespace]: "default",
        [runtimeLabels.name]: "web",
        [runtimeLabels.uid]: found.metadata.uid,
        [runtimeLabels.attempt]: "0",
      })
      expect(found.status?.sandboxIP).toBe(runtime?.address)
      expect(found.status?.observedGeneration).toBe(found.metadata.generation)
      expect(found.status?.runtime?.sandboxID).toBe(runtimeIdOf(found.metadata.uid ?? "", 0))
    }),
  )

  it.effect("is not written again once all is told", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      const before = yield* read(world)
      const calls = world.machine.calls.filter(({ operation }) => operation === "create").length
      yield* pass(120)
      expect((yield* read(world)).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
      expect(world.machine.calls.filter(({ operation }) => operation === "create").length).toBe(calls)
    }),
  )

  it.effect("leaves nothing behind when it is deleted", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      yield* client.delete(Sandbox, key)
      yield* settle
      expect(yield* isThere(world)).toBe(false)
      expect(world.machine.sandboxes.size).toBe(0)
      const order = world.machine.calls.map(({ operation }) => operation)
      expect(order.lastIndexOf("stop")).toBeLessThan(order.lastIndexOf("remove"))
    }),
  )

  it.effect("of another node is left alone", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      yield* client.create(Sandbox, web({ nodeName: "n2" }))
      yield* pass(5)
      expect((yield* read(world)).metadata.finalizers).toBeUndefined()
      expect(world.machine.sandboxes.size).toBe(0)
    }),
  )

  it.effect("is replaced under a new id when its container changes, and not when it does not", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      const grace = { spec: { terminationGracePeriodSeconds: 5 } }
      yield* client.patch(Sandbox, key, { patch: { type: "merge", value: grace } })
      yield* settle
      const noted = yield* read(world)
      expect(attempts(world)).toEqual([0])
      expect(noted.status?.observedGeneration).toBe(noted.metadata.generation)
      const containers = [{ name: "main", image: "busybox", command: ["serve", "other"] }]
      yield* client.patch(Sandbox, key, { patch: { type: "merge", value: { spec: { containers } } } })
      yield* settle
      expect(attempts(world)).toEqual([1])
      const found = yield* read(world)
      expect(summary(found)).toBe("True Running #1")
      expect(found.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(143)
    }),
  )
})

describe("a container that ends", () => {
  it.effect("again and again is started again at once, then after 10, 20, 40 seconds", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      world.machine.script(() => true, exitsAfter(0, 1))
      yield* client.create(Sandbox, web())
      yield* settle
      const starts: Array<number> = []
      for (let second = 0; second < 80; second++) {
        const count = world.machine.calls.filter(({ operation }) => operation === "start").length
        while (starts.length < count) starts.push(second)
        yield* pass(1)
      }
      const [first = 0, ...others] = starts
      expect(others.map((at) => at - first)).toEqual([0, 10, 30, 70])
      const found = yield* read(world)
      expect(summary(found)).toBe("False CrashLoopBackOff #4")
      expect(found.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
        exitCode: 1,
        reason: "Error",
      })
      expect(attempts(world)).toEqual([4])
    }),
  )

  it.effect("well under OnFailure stays ended, and keeps its logs until it is deleted", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      yield* client.create(Sandbox, web({ restartPolicy: "OnFailure" }))
      yield* settle
      yield* exit(world, 0)
      yield* pass(60)
      expect(summary(yield* read(world))).toBe("False Completed #0")
      expect(attempts(world)).toEqual([0])
    }),
  )

  it.effect("for want of memory is told so", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      world.machine.script(() => true, exitsAfter(1000, 137, true))
      yield* client.create(Sandbox, web({ restartPolicy: "Never" }))
      yield* pass(2)
      expect(summary(yield* read(world))).toBe("False OOMKilled #0")
    }),
  )

  it.effect("with the machine is started again", () =>
    Effect.gen(function* () {
      const { world, runner, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      yield* runner.stop
      world.machine.sandboxes.clear()
      yield* startRunner(world.context)
      yield* settle
      const found = yield* read(world)
      expect(summary(found)).toBe("True Running #1")
      expect(found.status?.containerStatuses?.[0]?.lastState?.terminated?.reason).toBe(
        "ContainerStatusUnknown",
      )
    }),
  )
})

describe("a failure of the runtime", () => {
  it.effect("to pull is told with the registry's answer, and made up for when it ends", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      world.machine.fail({
        operation: "ensureImage",
        reason: "ImageNotPresent",
        times: Number.POSITIVE_INFINITY,
      })
      yield* client.create(Sandbox, web())
      yield* settle
      world.machine.heal()
      world.machine.fail({ operation: "ensureImage", reason: "ImagePullFailed", times: 2 })
      yield* pass(1)
      expect(conditionIn(yield* read(world), "ImagePresent")).toMatch(/^False /)
      yield* pass(60)
      const found = yield* read(world)
      expect(summary(found)).toBe("True Running #0")
      expect(conditionIn(found, "ImagePresent")).toBe("True ImagePresent")
    }),
  )

  it.effect("of the network is told, and made up for", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      world.machine.fail({ operation: "create", reason: "NetworkFailed", leavesPartial: true })
      yield* client.create(Sandbox, web())
      yield* settle
      expect(conditionIn(yield* read(world), "NetworkReady")).toBe("False NetworkFailed")
      yield* pass(15)
      expect(summary(yield* read(world))).toBe("True Running #0")
    }),
  )

  it.effect("to start is an end with a code of its own", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      world.machine.fail({ operation: "start", reason: "StartFailed" })
      yield* client.create(Sandbox, web({ restartPolicy: "Never" }))
      yield* pass(30)
      const found = yield* read(world)
      expect(summary(found)).toBe("False StartError #0")
      expect(found.status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(128)
    }),
  )

  it.effect("to remove holds the deletion until it is over", () =>
    Effect.gen(function* () {
      const { world, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      world.machine.fail({ operation: "remove", reason: "Unavailable", times: 3, leavesPartial: true })
      yield* client.delete(Sandbox, key)
      yield* settle
      expect(conditionIn(yield* read(world), "Ready")).toBe("False Terminating")
      yield* pass(60)
      expect(yield* isThere(world)).toBe(false)
      expect(world.machine.sandboxes.size).toBe(0)
    }),
  )
})

describe("a new runner", () => {
  it.effect("adopts what runs, and restarts nothing", () =>
    Effect.gen(function* () {
      const { world, runner, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      const before = yield* read(world)
      yield* runner.stop
      const calls = world.machine.calls.length
      yield* startRunner(world.context)
      yield* pass(90)
      const verbs = new Set(world.machine.calls.slice(calls).map(({ operation }) => operation))
      expect([...verbs].filter((verb) => verb !== "status" && verb !== "list")).toEqual([])
      expect((yield* read(world)).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    }),
  )

  it.effect("sees ends that happened while nobody looked, and goes on with their back-off", () =>
    Effect.gen(function* () {
      const { world, runner, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      yield* exit(world, 1)
      yield* settle
      yield* runner.stop
      yield* exit(world, 7)
      yield* pass(4)
      yield* startRunner(world.context)
      yield* settle
      expect(summary(yield* read(world))).toBe("False CrashLoopBackOff #1")
      yield* pass(8)
      expect(summary(yield* read(world))).toBe("True Running #2")
    }),
  )

  it.effect("sweeps what has no object, after a grace, and nothing else", () =>
    Effect.gen(function* () {
      const { world, runner, client } = yield* started
      yield* client.create(Sandbox, web())
      yield* settle
      yield* runner.stop
      const finalizers = { metadata: { finalizers: null } }
      yield* client.patch(Sandbox, key, { patch: { type: "merge", value: finalizers } })
      yield* client.delete(Sandbox, key)
      const foreign = {
        id: "f".repeat(32),
        handler: "gvisor" as const,
        hostname: "x",
        labels: { other: "yes" },
        ports: [],
        containers: [{ name: "x", image: "busybox", env: [], resources: {} }] as const,
      }
      yield* Context.get(world.context, SandboxRuntime).create(foreign)
      yield* startRunner(world.context)
      yield* pass(20)
      expect(world.machine.sandboxes.size).toBe(2)
      yield* pass(20)
      expect([...world.machine.sandboxes.keys()]).toEqual([foreign.id])
    }),
  )
})
