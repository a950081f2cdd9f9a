/**
 * A recording run again with controllers that may have changed since. Start with {@link replayRecording}.
 *
 * Flow: a world at the recording's time; what others did is done to its store when the recorded program saw it; the controllers
 * run on it; at the end their writes are held against the recorded ones.
 */
import { Cause, Context, Effect, Exit, Layer, Random, Scope } from "effect"
import { documentOf } from "../apiserver/index.ts"
import { Client, Discovery, makeClient, makeDiscovery, type Transport } from "../client/index.ts"
import { Informers } from "../reconciler/index.ts"
import type { CustomResourceDefinition, Json, JsonObject } from "../schemas/index.ts"
import { makeMemoryStore, type Store } from "../store/index.ts"
import { breathe } from "./ambient.ts"
import { type ForeignChange, foreignChanges, mergePatched } from "./foreign-changes.ts"
import { Life } from "./life.ts"
import { replayTailMs } from "./limits.ts"
import { programsOf, type UnderTest } from "./programs.ts"
import { type RecordedWrite, type Recording, recordRun } from "./recording.ts"
import { lineText, requestLine } from "./request-line.ts"
import { VirtualTime } from "./virtual-time.ts"
import { makeWorld, type World } from "./world.ts"
import { type AcceptedWrite, type WriteDifference, writeDifferences } from "./write-differences.ts"

export interface ReplayOptions<Env = never> {
  /** Custom kinds that the recorded server served. */
  readonly definitions?: ReadonlyArray<CustomResourceDefinition>
  /** What is outside of the API, as it was when the recording began. */
  readonly environment?: Layer.Layer<Env>
  /** Writes to these are not compared: Leases and Events unless said otherwise. */
  readonly ignore?: ReadonlyArray<string>
}

export interface ReplayReport {
  readonly recorded: number
  readonly replayed: number
  /** For each object the first write that differs, in the order of time. None: the controllers did what they did before. */
  readonly differences: ReadonlyArray<WriteDifference>
}

const ignored = ["leases.coordination.k8s.io", "events", "events.events.k8s.io"]

/** The recorded server's store, as far as the program saw into it. */
class ReplayStore {
  readonly #store: Store
  /** What an object of the recording is called here: those that the controllers make get another uid. */
  readonly #uids = new Map<string, string>()

  constructor(store: Store) {
    this.#store = store
  }

  /** The recorded write led to this object there, and the replayed one to that here. */
  knowAs(there: Json | undefined, here: Json | undefined): void {
    const [a, b] = [uidOf(there), uidOf(here)]
    if (a !== "" && b !== "" && a !== b) this.#uids.set(a, b)
  }

  async apply({ resource, namespace, name, change }: ForeignChange): Promise<void> {
    const key = storeKey(resource, namespace, name)
    const { kv } = await this.#store.get(key)
    if (change.type === "removed") {
      if (kv !== undefined) await this.#store.delete(key, { modRevision: kv.modRevision })
      return
    }
    const object =
      change.type === "made"
        ? change.object
        : kv === undefined
          ? undefined
          : mergePatched(JSON.parse(decoder.decode(documentOf(kv.value))), change.patch)
    // What this run never made, or has removed, cannot be changed.
    if (object === undefined) return
    const value = encoder.encode(this.#renamed(JSON.stringify(stored(object))))
    const expect = kv === undefined ? ({ absent: true } as const) : { modRevision: kv.modRevision }
    await this.#store.put({ key, value, expect })
  }

  #renamed(text: string): string {
    let renamed = text
    for (const [there, here] of this.#uids) renamed = renamed.replaceAll(`"${there}"`, `"${here}"`)
    return renamed
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const uidOf = (answer: Json | undefined): string => {
  if (!isJsonObject(answer) || !isJsonObject(answer.metadata)) return ""
  return typeof answer.metadata.uid === "string" ? answer.metadata.uid : ""
}

const storeKey = (resource: string, namespace: string, name: string): string => {
  const dot = resource.indexOf(".")
  const [plural, group] = dot < 0 ? [resource, "core"] : [resource.slice(0, dot), resource.slice(dot + 1)]
  return namespace === ""
    ? `/registry/${group}/${plural}/${name}`
    : `/registry/${group}/${plural}/${namespace}/${name}`
}

const ordered = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, ordered(value[name] ?? null)]),
  )
}

/** As the server stores it: type and metadata first, the rest in order, no resourceVersion. */
const stored = ({ apiVersion = "", kind = "", metadata, ...rest }: JsonObject): JsonObject => {
  const { resourceVersion: _, ...kept } = isJsonObject(metadata) ? metadata : {}
  const sorted = ordered(rest)
  return { apiVersion, kind, metadata: ordered(kept), ...(isJsonObject(sorted) ? sorted : {}) }
}

const accepted = (
  lines: Recording["lines"],
  isCompared: (resource: string) => boolean,
): ReadonlyArray<AcceptedWrite> =>
  lines
    .filter((line): line is RecordedWrite => line.kind === "write" && line.status >= 200 && line.status < 300)
    .flatMap((line) => {
      const headers = line.contentType === undefined ? {} : { "content-type": line.contentType }
      const request = requestLine({ method: line.method, path: line.path, headers })
      if (!isCompared(request.resource)) return []
      const name = request.name || nameIn(line.body) || nameIn(line.answer)
      const object = `${request.resource} ${request.namespace === "" ? "" : `${request.namespace}/`}${name}`
      return [{ atMs: line.at, what: lineText({ ...request, name }), object, body: line.body }]
    })

const nameIn = (body: Json | undefined): string => {
  if (!isJsonObject(body) || !isJsonObject(body.metadata)) return ""
  return typeof body.metadata.name === "string" ? body.metadata.name : ""
}

/** Namespaces that the recording speaks of: writes into others are refused. */
const namespacesOf = (changes: ReadonlyArray<ForeignChange>, { lines }: Recording): ReadonlySet<string> => {
  const found = new Set(changes.map(({ namespace }) => namespace))
  for (const { path } of lines) found.add(requestLine({ method: "GET", path, headers: {} }).namespace)
  found.delete("")
  return found
}

const namespaceChange = (name: string, atMs: number): ForeignChange => {
  const object = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, uid: `namespace-${name}`, creationTimestamp: new Date(atMs).toISOString() },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  }
  return {
    atMs,
    isFirst: true,
    resource: "namespaces",
    namespace: "",
    name,
    change: { type: "made", object },
  }
}

class Replay<Env> {
  readonly #recording: Recording
  readonly #options: ReplayOptions<Env>
  readonly #time: VirtualTime
  readonly #outside: Life
  readonly #lines: Array<string> = []

  constructor(recording: Recording, options: ReplayOptions<Env>) {
    this.#recording = recording
    this.#options = options
    this.#time = new VirtualTime(recording.header.startedAt)
    this.#outside = new Life({ time: this.#time, actor: "environment", seed: 1 })
  }

  async run(under: ReadonlyArray<UnderTest<Env>>): Promise<ReplayReport> {
    const { header } = this.#recording
    const store = makeMemoryStore({
      timer: { now: () => this.#time.nowMs, after: (ms, run) => this.#time.after(ms, run) },
    })
    const world = await this.#open(store)
    const replayed = new ReplayStore(store)
    const changes = foreignChanges(this.#recording)
    for (const name of namespacesOf(changes, this.#recording)) {
      const { kv } = await store.get(storeKey("namespaces", "", name))
      if (kv === undefined) await replayed.apply(namespaceChange(name, header.startedAt))
    }
    // What the first lists show was there before the program was.
    for (const change of changes) if (change.isFirst) await replayed.apply(change)
    const life = this.#start(under, this.#recorded(world.transport(), replayed))
    for (const change of changes.filter(({ isFirst }) => !isFirst)) {
      await this.#time.runUntil(() => false, change.atMs)
      await replayed.apply(change)
    }
    const lastMs = this.#recording.lines.at(-1)?.at ?? header.startedAt
    await this.#time.runUntil(() => false, lastMs + replayTailMs)
    life.kill("the replay is over")
    this.#outside.kill("the replay is over")
    return this.#compare(lastMs)
  }

  #compare(lastMs: number): ReplayReport {
    const ignore = new Set(this.#options.ignore ?? ignored)
    const isCompared = (resource: string) => !ignore.has(resource)
    const lines = this.#lines.map((line): Recording["lines"][number] => JSON.parse(line)).slice(1)
    const before = accepted(this.#recording.lines, isCompared)
    const now = accepted(lines, isCompared)
    const differences = writeDifferences(before, now).filter(
      // The recording ended in the middle of something, maybe.
      ({ recorded, replayed }) => recorded !== undefined || (replayed?.atMs ?? 0) <= lastMs,
    )
    return { recorded: before.length, replayed: now.length, differences }
  }

  async #open(store: Store): Promise<World> {
    const { definitions = [] } = this.#options
    return this.#finish(
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const world = yield* Scope.provide(makeWorld({ seed: 1, store }), scope)
        for (const definition of definitions) yield* world.define(definition)
        return world
      }),
    )
  }

  async #finish<A>(effect: Effect.Effect<A>): Promise<A> {
    const fiber = Effect.runForkWith(this.#outside.services)(effect)
    await this.#time.runUntil(() => fiber.pollUnsafe() !== undefined, this.#time.nowMs)
    const exit = fiber.pollUnsafe()
    if (exit === undefined) throw new Error("the replayed server does not start")
    if (Exit.isSuccess(exit)) return exit.value
    throw new Error(`the replayed server does not start: ${Cause.pretty(exit.cause)}`)
  }

  /** Recorded as the first run was; and what is made here is known by its name there. */
  #recorded(through: Transport, store: ReplayStore): Transport {
    const made = new Map<string, Json | undefined>()
    for (const line of this.#recording.lines) {
      if (line.kind === "write" && line.method !== "DELETE")
        made.set(`${line.path.split("?")[0]} ${nameIn(line.answer)}`, line.answer)
    }
    return recordRun(through, {
      program: this.#recording.header.program,
      nowMs: () => this.#time.nowMs,
      write: (text) => {
        this.#lines.push(text)
        const line: Recording["lines"][number] = JSON.parse(text)
        if (line.kind !== "write") return
        store.knowAs(made.get(`${line.path.split("?")[0]} ${nameIn(line.answer)}`), line.answer)
      },
    })
  }

  #start(under: ReadonlyArray<UnderTest<Env>>, transport: Transport): Life {
    const { header } = this.#recording
    const life = new Life({ time: this.#time, actor: header.program, seed: header.seed ?? 1 })
    const { environment } = this.#options
    const api = Context.make(Client, makeClient(transport, { userAgent: header.program })).pipe(
      Context.add(Discovery, makeDiscovery(transport)),
    )
    for (const { run } of programsOf(under)) {
      const seeded = header.seed === undefined ? run : Random.withSeed(run, header.seed)
      const main = Effect.gen(function* () {
        const scope = yield* Scope.make()
        const informers = yield* Scope.provide(Layer.build(Informers.layer()), scope)
        const outside =
          environment === undefined
            ? (Context.empty() as Context.Context<Env>)
            : yield* Scope.provide(Layer.build(Layer.fresh(environment)), scope)
        const services = Context.merge(informers, Context.merge(outside, api))
        yield* seeded.pipe(Effect.provideContext(services), Scope.provide(scope))
      })
      Effect.runForkWith(Context.merge(api, life.services))(main)
    }
    return life
  }
}

/**
 * Runs the controllers (or programs) through what the recording saw others do, and says where they write something else than the
 * recorded ones did. Guarantees: the same recording and controllers give the same report. Rejects with RecordingError where the
 * text is no recording of this version.
 *
 * What the program did not see is not there; requests take no time; the environment is fresh.
 */
export const replayRecording = async <Env = never>(
  recording: Recording,
  controllers: ReadonlyArray<UnderTest<Env>>,
  options: ReplayOptions<Env> = {},
): Promise<ReplayReport> => {
  await breathe()
  return new Replay(recording, options).run(controllers)
}
