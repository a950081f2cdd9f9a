import type { AddressInfo } from "node:net"
import { createServer } from "node:net"
import { Effect, Layer, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, it } from "vitest"
import { runtimeConformance } from "../../test/conformance/runtime.ts"
import { SandboxRuntime, type SandboxSpec } from "../sandbox-runtime.ts"
import { exitsAfter } from "./program.ts"
import { servePage } from "./responder.ts"
import { type FakeRuntimeOptions, fakeRuntimeLayer } from "./runtime.ts"
import { FakeWorld } from "./world.ts"

const IMAGE = "busybox:1"

let serial = 0
const newId = () => {
  serial += 1
  return serial.toString(16).padStart(32, "0")
}

const world = new FakeWorld()
world.addImage(IMAGE)

runtimeConformance("fake", () => fakeRuntimeLayer({ world }), {
  handler: "gvisor",
  image: IMAGE,
  newId,
  pass: (millis) => TestClock.adjust(millis),
  clock: (effect) => Effect.provide(effect, TestClock.layer()),
  timeoutMs: 5_000,
})

describe("a fake world", () => {
  const specOf = (command: ReadonlyArray<string> = []): SandboxSpec => ({
    id: newId(),
    handler: "gvisor",
    hostname: "h",
    labels: {},
    ports: [],
    containers: [{ name: "main", image: IMAGE, command, env: [], resources: {} }],
  })
  const test = (
    sentence: string,
    body: (world: FakeWorld, runtime: SandboxRuntime["Service"]) => Effect.Effect<void, unknown>,
    options: FakeRuntimeOptions = {},
  ) =>
    it(sentence, () => {
      const own = new FakeWorld()
      own.addImage(IMAGE)
      const layer = Layer.provideMerge(fakeRuntimeLayer({ ...options, world: own }), TestClock.layer())
      const run = Effect.flatMap(SandboxRuntime, (runtime) => body(own, runtime))
      return Effect.runPromise(Effect.scoped(Effect.provide(run, layer)))
    })

  test("fails a scripted call once, with its reason", (own, runtime) =>
    Effect.gen(function* () {
      own.fail({ operation: "create", reason: "NetworkFailed" })
      const spec = specOf()
      expect((yield* Effect.flip(runtime.create(spec))).reason).toBe("NetworkFailed")
      expect((yield* runtime.create(spec)).task.state).toBe("created")
    }))
  test("leaves a half when so scripted, and remove cleans it", (own, runtime) =>
    Effect.gen(function* () {
      own.fail({ operation: "create", reason: "StartFailed", leavesPartial: true })
      const spec = specOf()
      yield* Effect.flip(runtime.create(spec))
      expect((yield* runtime.status(spec.id))?.task.state).toBe("partial")
      yield* runtime.remove(spec.id)
      expect(yield* runtime.list).toEqual([])
    }))
  test("can take effect and yet fail, as an answer that was lost", (own, runtime) =>
    Effect.gen(function* () {
      own.fail({ operation: "start", reason: "Unavailable", takesEffect: true })
      const spec = specOf()
      yield* runtime.create(spec)
      yield* Effect.flip(runtime.start(spec.id))
      expect((yield* runtime.status(spec.id))?.task.state).toBe("running")
    }))
  test("ends a sandbox by script, in virtual time, for want of memory", (own, runtime) =>
    Effect.gen(function* () {
      own.script(() => true, exitsAfter(60_000, 137, true))
      const spec = specOf()
      yield* runtime.create(spec)
      yield* runtime.start(spec.id)
      yield* TestClock.adjust("59 seconds")
      expect((yield* runtime.status(spec.id))?.task.state).toBe("running")
      yield* TestClock.adjust("1 second")
      expect((yield* runtime.status(spec.id))?.task).toMatchObject({ exitCode: 137, oomKilled: true })
    }))
  test("never serves an id twice", (_own, runtime) =>
    Effect.gen(function* () {
      const spec = specOf()
      yield* runtime.create(spec)
      yield* runtime.remove(spec.id)
      expect((yield* Effect.flip(runtime.create(spec))).reason).toBe("FailedPrecondition")
    }))
  test(
    "takes the time that an operation is said to take",
    (_own, runtime) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(runtime.create(specOf()), { startImmediately: true })
        expect(yield* runtime.list).toEqual([])
        yield* TestClock.adjust("2 seconds")
        expect(fiber.pollUnsafe()).toBeDefined()
        expect(yield* runtime.list).toHaveLength(1)
      }),
    { latency: { create: "2 seconds" } },
  )
})

describe("the page of a fake sandbox", () => {
  const freePort = () =>
    new Promise<number>((resolve) => {
      const probe = createServer().listen(0, "127.0.0.1", () => {
        const { port } = probe.address() as AddressInfo
        probe.close(() => resolve(port))
      })
    })

  it("is served on its host port while it runs, and says what it is", async () => {
    const hostPort = await freePort()
    const own = new FakeWorld()
    own.addImage(IMAGE)
    const spec: SandboxSpec = {
      id: newId(),
      handler: "gvisor",
      hostname: "page",
      labels: {},
      ports: [{ containerPort: 80, hostPort, protocol: "tcp" }],
      containers: [{ name: "main", image: IMAGE, env: [], resources: {} }],
    }
    const page = Effect.promise(() =>
      fetch(`http://127.0.0.1:${hostPort}/`).then(
        (response) => response.text(),
        () => "nobody listens",
      ),
    )
    const run = Effect.gen(function* () {
      const runtime = yield* SandboxRuntime
      yield* runtime.create(spec)
      expect(yield* page).toBe("nobody listens")
      yield* runtime.start(spec.id)
      yield* Effect.retry(
        Effect.filterOrFail(
          page,
          (text) => text.includes("fake runtime"),
          () => "not yet",
        ),
        { times: 50, schedule: Schedule.spaced("20 millis") },
      )
      yield* runtime.remove(spec.id)
      yield* Effect.retry(
        Effect.filterOrFail(
          page,
          (text) => text === "nobody listens",
          () => "not yet",
        ),
        { times: 50, schedule: Schedule.spaced("20 millis") },
      )
    })
    const layer = fakeRuntimeLayer({ world: own, serve: servePage })
    await Effect.runPromise(Effect.scoped(Effect.provide(run, layer)))
  })
})
