/** A program recorded against a world, and run again from the recording. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Random } from "effect"
import { Client, isReason, type Transport } from "../client/index.ts"
import { Controller, Informers, Manager, type Request, Result } from "../reconciler/index.ts"
import { ConfigMap } from "../schemas/index.ts"
import { pass } from "../test/kit/settle.ts"
import {
  makeWorld,
  type Program,
  parseRecording,
  RecordingError,
  recordRun,
  replayRecording,
  startProcess,
  type World,
} from "./index.ts"

const namespace = "default"
const seed = 42

const configMap = (name: string, data: ConfigMap["data"], labels = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, name, labels },
  ...(data === undefined ? {} : { data }),
})

/** Keeps a copy of each ConfigMap that is labelled so; what it writes is what `change` makes of the text. */
const copier = (change: (text: string) => string): Program => ({
  name: "copier",
  run: Effect.gen(function* () {
    const informers = yield* Informers
    const { lister } = yield* informers.get(ConfigMap)
    const reconcile = Effect.fnUntraced(function* (request: Request) {
      const client = yield* Client
      const source = lister.get(request)
      const key = { namespace: request.namespace, name: `${request.name}-copy` }
      if (source === undefined) {
        if (lister.get(key) !== undefined) yield* client.delete(ConfigMap, key)
        return Result.Done()
      }
      if (source.metadata.labels?.copied === undefined) return Result.Done()
      const text = change(source.data?.text ?? "")
      const copy = lister.get(key)
      if (copy === undefined) {
        const jitter = yield* Random.nextIntBetween(0, 1_000_000)
        yield* client.create(ConfigMap, configMap(key.name, { text, jitter: String(jitter) }))
      } else if (copy.data?.text !== text) {
        yield* client.update(ConfigMap, { ...copy, data: { ...copy.data, text } })
      }
      return Result.Done()
    })
    yield* Manager.start({ controllers: [Controller.make({ name: "copier", for: ConfigMap, reconcile })] })
  }),
})

const runIn = Effect.fnUntraced(function* (world: World, program: Program, transport: Transport) {
  const process = yield* startProcess(world, transport)
  yield* Effect.provideContext(Random.withSeed(program.run, seed), process) as Effect.Effect<unknown>
})

const patch = (
  world: World,
  name: string,
  value: { readonly [field: string]: { readonly [part: string]: string } },
) => world.client.patch(ConfigMap, { namespace, name }, { patch: { type: "merge", value } })

const copied = { copied: "yes" }

/** What others do while it runs. */
const recorded = Effect.gen(function* () {
  const world = yield* makeWorld()
  yield* world.client.create(ConfigMap, configMap("early", { text: "there before" }, copied))
  const lines: Array<string> = []
  const clock = yield* Clock.Clock
  const transport = recordRun(world.transport(), {
    program: "copier",
    seed,
    nowMs: () => clock.currentTimeMillisUnsafe(),
    write: (line) => lines.push(`${line}\n`),
  })
  yield* runIn(
    world,
    copier((text) => text.toUpperCase()),
    transport,
  )
  yield* pass(2)
  yield* world.client.create(ConfigMap, configMap("a", { text: "one" }, copied))
  yield* pass(5)
  yield* patch(world, "a", { data: { text: "two" } })
  yield* pass(5)
  // Others change what the program made, and what is none of its business.
  yield* patch(world, "a-copy", { metadata: { labels: { by: "others" } } } as never)
  yield* world.client.create(ConfigMap, configMap("other", { text: "not copied" }))
  yield* pass(5)
  yield* patch(world, "a-copy", { data: { text: "spoiled" } })
  yield* pass(5)
  yield* world.client.delete(ConfigMap, { namespace, name: "a" })
  yield* pass(5)
  const gone = yield* world.client
    .get(ConfigMap, { namespace, name: "a-copy" })
    .pipe(Effect.catchIf(isReason("NotFound"), () => Effect.succeed("gone")))
  expect(gone).toBe("gone")
  return parseRecording(lines.join(""))
})

describe("a recording", () => {
  it.effect("played to the controllers that were recorded shows no difference", () =>
    Effect.gen(function* () {
      const recording = yield* recorded
      const program = copier((text) => text.toUpperCase())
      const report = yield* Effect.promise(() => replayRecording(recording, [program]))
      expect(report.recorded).toBe(4)
      expect(report).toEqual({ recorded: report.recorded, replayed: report.recorded, differences: [] })
    }),
  )

  it.effect("shows where changed controllers write something else, each object once", () =>
    Effect.gen(function* () {
      const recording = yield* recorded
      const program = copier((text) => (text === "two" ? "2" : text.toUpperCase()))
      const { differences } = yield* Effect.promise(() => replayRecording(recording, [program]))
      expect(
        differences.map(({ object, write, paths, recorded: a, replayed: b }) => ({
          object,
          write,
          paths,
          what: [a?.what, b?.what],
        })),
      ).toEqual([
        {
          object: "configmaps default/a-copy",
          write: 2,
          paths: ["data.text"],
          what: ["update configmaps default/a-copy", "update configmaps default/a-copy"],
        },
      ])
    }),
  )

  it.effect("shows what is not written any more", () =>
    Effect.gen(function* () {
      const recording = yield* recorded
      const idle: Program = { name: "copier", run: Effect.void }
      const report = yield* Effect.promise(() => replayRecording(recording, [idle]))
      expect(report.replayed).toBe(0)
      expect(report.differences.map(({ object, replayed }) => [object, replayed])).toEqual([
        ["configmaps default/early-copy", undefined],
        ["configmaps default/a-copy", undefined],
      ])
    }),
  )

  it.effect("is the same each time it is played", () =>
    Effect.gen(function* () {
      const recording = yield* recorded
      const program = copier((text) => text.slice(1))
      const play = Effect.promise(() => replayRecording(recording, [program]))
      expect(yield* play).toEqual(yield* play)
    }),
  )
})

describe("what is no recording is refused with its line", () => {
  const header = `{"kind":"recording","version":1,"program":"p","startedAt":0}\n`
  it.each([
    ["", "line 1 of the recording: it is empty"],
    ["hello\n", "line 1 of the recording: not a JSON object"],
    [`{"kind":"other"}\n`, `line 1 of the recording: a recording begins with {"kind":"recording"}`],
    [
      `{"kind":"recording","version":2}\n`,
      "line 1 of the recording: version 2 is not 1, the one that is read here",
    ],
    [`${header}[1]\n`, "line 2 of the recording: not a JSON object"],
    [`${header}{"kind":"x"}\n`, "line 2 of the recording: kind is none of write, list, event"],
    [`${header}{"kind":"event","at":1,"path":"/x"}\n`, "line 2 of the recording: an event needs an object"],
  ])("%j", (text, message) => {
    expect(() => parseRecording(text)).toThrow(new RecordingError(message))
  })

  it("but a last line that was cut short is left out", () => {
    expect(parseRecording(`${header}{"kind":"li`).lines).toEqual([])
  })
})
