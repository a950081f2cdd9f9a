/** A whole server in this process with one object of every kind, which can be put back to how it was. */
import { generateKeyPairSync } from "node:crypto"
import { Effect, Exit, Logger, References, Scope } from "effect"
import { ApiServer, type ApiServerOptions } from "../../apiserver/index.ts"
import { signingKey } from "../../apiserver/tokens/index.ts"
import { definitions, type JsonObject } from "../../schemas/index.ts"
import { FuzzClock } from "./clock.ts"
import { all, type Collection, crds, pathOf, widgets, widgetsName } from "./corpus.ts"
import { type Answer, exchange } from "./exchange.ts"
import { Memory } from "./memory.ts"
import { makeRecordingStore, type RecordingStore, type Writer } from "./recording-store.ts"
import type { FuzzRequest } from "./request.ts"
import { makeAuthority } from "./signing-requests.ts"

const prefix = "/registry/"
const jsonType = { "content-type": "application/json" }

export const jsonRequest = (method: string, url: string, body?: JsonObject): FuzzRequest => ({
  method,
  url,
  headers: jsonType,
  body: body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body)),
})

export interface Sent {
  readonly answer: Answer
  readonly writes: ReadonlyArray<string>
}

export class FuzzWorld {
  readonly server: ApiServer
  readonly clock: FuzzClock
  readonly memory = new Memory()
  readonly #recording: RecordingStore
  readonly #scope: Scope.Closeable
  readonly #faults: string[]
  #base = new Map<string, Uint8Array>()

  constructor(parts: {
    readonly server: ApiServer
    readonly clock: FuzzClock
    readonly recording: RecordingStore
    readonly scope: Scope.Closeable
    readonly faults: string[]
  }) {
    this.server = parts.server
    this.clock = parts.clock
    this.#recording = parts.recording
    this.#scope = parts.scope
    this.#faults = parts.faults
  }

  /** Fails with `Endless`. */
  async send(request: FuzzRequest): Promise<Sent> {
    const writer: Writer = { writes: [] }
    const answer = await this.#recording.attribute(writer, () => exchange(this.server, this.clock, request))
    this.memory.learn(request, answer)
    return { answer, writes: writer.writes }
  }

  /** What the server has said of faults of its own since it was last asked. */
  takeFaults(): ReadonlyArray<string> {
    return this.#faults.splice(0)
  }

  /** A request that must be accepted. */
  async must(request: FuzzRequest): Promise<Answer> {
    const { answer } = await this.send(request)
    if (answer.status >= 300)
      throw new Error(`${request.method} ${request.url} was refused: ${answer.body.toString("utf8")}`)
    return answer
  }

  async stored(): Promise<ReadonlyMap<string, Uint8Array>> {
    const { items } = await this.#recording.store.range({ prefix })
    return new Map(items.map(({ key, value }) => [key, value]))
  }

  /** Remembers what is stored now as what {@link restore} goes back to. */
  async keep(): Promise<void> {
    await this.#rest()
    this.#base = new Map(await this.stored())
  }

  /** Puts the store back to what was kept, as another server of the same store would, and waits until this one has seen it. */
  async restore(): Promise<void> {
    await this.#rest()
    const { store } = this.#recording
    const { items } = await store.range({ prefix })
    for (const { key, value, modRevision } of items) {
      const kept = this.#base.get(key)
      if (kept === undefined) await store.delete(key, { modRevision })
      else if (!Buffer.from(kept).equals(value))
        await store.put({ key, value: kept, expect: { modRevision } })
    }
    const present = new Set(items.map(({ key }) => key))
    for (const [key, value] of this.#base)
      if (!present.has(key)) await store.put({ key, value, expect: { absent: true } })
    await this.#rest()
    const { revision } = await store.get(prefix)
    await store.compact(revision)
    await this.#served()
    this.memory.forget()
  }

  /** Lets what follows from earlier requests happen: loops of the server, statuses of kinds. */
  async #rest(): Promise<void> {
    for (let turns = 0; turns < 20; turns++) {
      await new Promise((resolve) => setImmediate(resolve))
      this.clock.advance(1_000)
    }
  }

  async #served(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const { answer } = await this.send(jsonRequest("GET", `${pathOf(widgets)}/base`))
      if (answer.status === 200) return
      await this.#rest()
    }
    throw new Error("the custom kind of the base world is not served")
  }

  async populate(): Promise<void> {
    await this.must(jsonRequest("POST", pathOf(crds), crds.object(widgetsName)))
    for (let attempt = 0; attempt < 100; attempt++) {
      const { answer } = await this.send(jsonRequest("GET", pathOf(widgets)))
      if (answer.status === 200) break
      await this.#rest()
    }
    for (const kind of all) {
      // A Pod and its Sandbox are one object, and so are the two forms of an Event.
      if (isTwin(kind)) continue
      await this.must(jsonRequest("POST", pathOf(kind), kind.object("base")))
    }
    await this.keep()
  }

  close(): Promise<void> {
    return Effect.runPromise(Scope.close(this.#scope, Exit.void)).then(() => this.#recording.close())
  }
}

const isTwin = ({ plural, group }: Collection): boolean =>
  plural === "pods" || (plural === "events" && group === "events.k8s.io")

/** What the server writes down of things that clients may bring about: a webhook of theirs that does not answer. */
const expected = /webhook/

/** Notes what the server says of faults of its own. */
const faultLogger = (faults: string[]) =>
  Logger.layer([
    Logger.make(({ message, logLevel, fiber }) => {
      const text = `${String(message)} ${JSON.stringify(fiber.getRef(References.CurrentLogAnnotations))}`
      if (["Error", "Fatal"].includes(logLevel) && !expected.test(text)) faults.push(text)
    }),
  ])

const authority = makeAuthority()
const key = signingKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)

export const openWorld = async (options: Partial<ApiServerOptions> = {}): Promise<FuzzWorld> => {
  const clock = new FuzzClock()
  const recording = makeRecordingStore()
  const scope = await Effect.runPromise(Scope.make())
  const faults: string[] = []
  const made = ApiServer.make({
    store: recording.store,
    definitions,
    ambient: clock,
    tokens: { issuer: "https://miren.example", keys: [key] },
    certificateSigner: await authority,
    resolveService: async () => undefined,
    ...options,
  })
  const logging = Effect.provide(Scope.provide(made, scope), faultLogger(faults))
  const server = await Effect.runPromise(logging)
  await Effect.runPromise(server.ready)
  const world = new FuzzWorld({ server, clock, recording, scope, faults })
  await world.populate()
  return world
}
