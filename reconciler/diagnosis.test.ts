/** Over the real API server: hot loops and fights are named within ten cycles, and what converges is not. */
import { describe, expect, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { type ApiError, Client } from "../client/index.ts"
import { ConfigMap, Event } from "../schemas/index.ts"
import { pass } from "../test/kit/settle.ts"
import { makeWorld, startProcess, type World } from "../test/kit/world.ts"
import { Controller } from "./controller.ts"
import { type Request, Result } from "./reconciler.ts"
import { type ControllerHandle, runController } from "./run-controller.ts"
import { watching } from "./sources.ts"

const namespace = "default"
const key = (name: string) => ({ namespace, name })
const put = (name: string, data: { readonly [key: string]: string }, fieldManager: string) =>
  Effect.flatMap(Client, (client) =>
    client.apply(
      ConfigMap,
      { apiVersion: "v1", kind: "ConfigMap", metadata: key(name), data },
      { fieldManager, force: true },
    ),
  )

type Work = (request: Request, run: number) => Effect.Effect<unknown, ApiError, Client>

/** Controllers of one process, by name; each of one ConfigMap. */
const start = Effect.fnUntraced(function* (
  world: World,
  controllers: {
    readonly [name: string]: { readonly of: string; readonly watches?: string; readonly work: Work }
  },
) {
  const process = yield* startProcess(world)
  const runs = new Map<string, number>()
  const handles: Array<ControllerHandle> = []
  for (const [name, { of, watches = of, work }] of Object.entries(controllers)) {
    const reconcile = (request: Request) =>
      Effect.suspend(() => {
        const run = (runs.get(name) ?? 0) + 1
        runs.set(name, run)
        return request.name === of && run <= 60
          ? Effect.as(work(request, run), Result.Done())
          : Effect.succeed(Result.Done())
      })
    const controller = Controller.make({
      name,
      for: watching(ConfigMap, { map: ({ metadata }) => (metadata.name === watches ? [key(of)] : []) }),
      reconcile,
    })
    handles.push(yield* runController(controller).pipe(Effect.provideContext(process)))
  }
  yield* pass(20)
  return { runs, diagnoses: handles.flatMap((handle) => handle.diagnoses()) }
})

const worldWith = Effect.fnUntraced(function* (...names: ReadonlyArray<string>) {
  const world = yield* makeWorld()
  for (const name of names) {
    yield* world.client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: key(name) })
  }
  return world
})

describe("a hot loop", () => {
  it.effect("of one controller is named with its field, told by an Event, and counted", () =>
    Effect.gen(function* () {
      const world = yield* worldWith("a")
      const { diagnoses } = yield* start(world, {
        stamper: { of: "a", work: (_, run) => put("a", { seen: String(run) }, "stamper") },
      })
      expect(diagnoses).toMatchObject([
        {
          diagnosis: {
            _tag: "HotLoop",
            controllers: ["stamper"],
            request: key("a"),
            object: { kind: "ConfigMap", name: "a" },
            fields: ["data.seen"],
            managers: ["stamper"],
          },
        },
      ])
      const { items } = yield* world.client.list(Event)
      const told = items.filter(({ reason }) => reason === "HotLoop")
      expect(told).toHaveLength(1)
      expect(told[0]?.message).toBe(
        "hot loop: stamper wrote data.seen of ConfigMap default/a 8 times in a row, woken by nothing but its own writes: " +
          "write only what differs from what is wanted",
      )
      const counter = Metric.withAttributes(
        Metric.counter("reconciler_diagnoses_total", { incremental: true }),
        {
          controller: "stamper",
          type: "HotLoop",
        },
      )
      expect((yield* Metric.value(counter)).count).toBeGreaterThan(1)
    }),
  )

  it.effect("of two controllers that wake each other over two objects names both, within ten cycles", () =>
    Effect.gen(function* () {
      const world = yield* worldWith("a", "b")
      const { diagnoses } = yield* start(world, {
        ping: { of: "a", watches: "b", work: (_, run) => put("a", { n: String(run) }, "ping") },
        pong: { of: "b", watches: "a", work: (_, run) => put("b", { n: String(run) }, "pong") },
      })
      const [loop] = diagnoses
      expect(loop?.diagnosis).toMatchObject({
        _tag: "HotLoop",
        controllers: expect.arrayContaining(["ping", "pong"]),
      })
    }),
  )

  const calm: ReadonlyArray<readonly [string, Work]> = [
    ["writes until it has converged", (_, run) => put("a", { n: String(Math.min(run, 7)) }, "calm")],
    ["writes the same again and again", () => put("a", { n: "1" }, "calm")],
    [
      "makes something new each time",
      (_, run) => Effect.andThen(put(`new-${run}`, {}, "calm"), put("a", { n: String(run) }, "calm")),
    ],
  ]
  it.effect.each(calm)("is not a controller that %s", ([, work]) =>
    Effect.gen(function* () {
      const { diagnoses } = yield* start(yield* worldWith("a"), { calm: { of: "a", work } })
      expect(diagnoses).toEqual([])
    }),
  )
})

describe("a fight", () => {
  it.effect("names the field and both managers, also where neither is ours", () =>
    Effect.gen(function* () {
      const world = yield* worldWith("a")
      const process = yield* startProcess(world)
      const handle = yield* runController(
        Controller.make({
          name: "bystander",
          for: ConfigMap,
          reconcile: () => Effect.succeed(Result.Done()),
        }),
      ).pipe(Effect.provideContext(process))
      yield* pass(1)
      const as = (manager: string, size: string) =>
        Effect.andThen(
          Effect.provideService(put("a", { size, [manager]: "x" }, manager), Client, world.client),
          pass(1),
        )
      for (let cycle = 0; cycle < 5; cycle += 1) {
        yield* as("autoscaler", "3")
        yield* as("gitops", "1")
      }
      expect(handle.diagnoses()).toMatchObject([
        {
          diagnosis: {
            _tag: "Fight",
            object: { name: "a" },
            field: "data.size",
            managers: ["autoscaler", "gitops"],
          },
        },
      ])
      const { items } = yield* world.client.list(Event)
      expect(items.filter(({ reason }) => reason === "Fight").map(({ message }) => message)).toEqual([
        "fight: autoscaler, gitops set data.size of ConfigMap default/a to and fro: " +
          "let one of them own the field, and take it out of what the other writes",
      ])
    }),
  )

  it.effect("is not one manager that changes its mind, nor a field that only grows", () =>
    Effect.gen(function* () {
      const world = yield* worldWith("a")
      const process = yield* startProcess(world)
      const handle = yield* runController(
        Controller.make({
          name: "bystander",
          for: ConfigMap,
          reconcile: () => Effect.succeed(Result.Done()),
        }),
      ).pipe(Effect.provideContext(process))
      for (let cycle = 0; cycle < 12; cycle += 1) {
        yield* Effect.provideService(put("a", { size: String(cycle % 2) }, "one"), Client, world.client)
        yield* Effect.provideService(
          put("a", { count: String(cycle) }, `m${cycle % 2}`),
          Client,
          world.client,
        )
        yield* pass(1)
      }
      expect(handle.diagnoses()).toEqual([])
    }),
  )
})
