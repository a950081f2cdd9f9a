/** A whole server in process, for the tests of this folder: memory store, time that the test moves. */
import { Effect } from "effect"
import { definitions, type Json, type JsonObject } from "../schemas/index.ts"
import { makeMemoryStore, type Store } from "../store/index.ts"
import type { Ambient } from "./ambient.ts"
import type { UserInfo } from "./exchange.ts"
import type { InProcessResponse } from "./in-process.ts"
import { ApiServer, type ApiServer as Running } from "./server.ts"
import type { ApiServerOptions } from "./server-options.ts"

export const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] }

/** Time that stands still until it is moved. */
export class TestAmbient implements Ambient {
  #now = Date.UTC(2030, 0, 1)
  #timers: Array<{ readonly at: number; readonly fn: () => void }> = []
  #ids = 0

  now(): number {
    return this.#now
  }

  timer(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  uuid(): string {
    return `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, "0")}`
  }

  random(): number {
    return 0.5
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#now = next.at
      next.fn()
    }
    this.#now = end
  }
}

export interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly text: string
  /** The body as JSON; {} when it is none. */
  readonly json: JsonObject
}

export interface Sent {
  readonly body?: Json | string
  readonly headers?: { readonly [name: string]: string }
  readonly user?: UserInfo
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

export interface WatchedEvent {
  readonly type: string
  readonly object: JsonObject
}

/** An open watch, read event by event. */
export class OpenWatch {
  readonly response: InProcessResponse
  readonly #abort: AbortController
  readonly #lines: AsyncIterator<WatchedEvent>

  constructor(response: InProcessResponse, abort: AbortController) {
    this.response = response
    this.#abort = abort
    this.#lines = events(response)
  }

  /** The next event; undefined at the end of the stream. */
  async next(): Promise<WatchedEvent | undefined> {
    const { value, done } = await this.#lines.next()
    return done ? undefined : value
  }

  async take(count: number): Promise<ReadonlyArray<WatchedEvent>> {
    const taken: WatchedEvent[] = []
    while (taken.length < count) {
      const event = await this.next()
      if (event === undefined) break
      taken.push(event)
    }
    return taken
  }

  close(): void {
    this.#abort.abort()
  }
}

async function* events(response: InProcessResponse): AsyncGenerator<WatchedEvent> {
  let rest = ""
  for await (const chunk of response.body) {
    const lines = (rest + Buffer.from(chunk).toString("utf8")).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) yield JSON.parse(line)
  }
}

const bodyOf = ({ body }: Sent): Uint8Array | undefined =>
  body === undefined ? undefined : Buffer.from(typeof body === "string" ? body : JSON.stringify(body))

export class World {
  readonly server: Running
  readonly store: Store
  readonly ambient: TestAmbient

  constructor(server: Running, store: Store, ambient: TestAmbient) {
    this.server = server
    this.store = store
    this.ambient = ambient
  }

  async send(method: Method, path: string, sent: Sent = {}): Promise<Answer> {
    const body = bodyOf(sent)
    const response = await this.server.inProcess(sent.user ?? admin).request({
      method,
      path,
      headers: sent.headers ?? {},
      ...(body === undefined ? {} : { body }),
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString("utf8")
    return { status: response.status, headers: response.headers, text, json: jsonOf(text) }
  }

  get(path: string, sent?: Sent): Promise<Answer> {
    return this.send("GET", path, sent)
  }

  post(path: string, body: Json | string, sent: Sent = {}): Promise<Answer> {
    return this.send("POST", path, { ...sent, body })
  }

  put(path: string, body: Json | string, sent: Sent = {}): Promise<Answer> {
    return this.send("PUT", path, { ...sent, body })
  }

  delete(path: string, body?: Json): Promise<Answer> {
    return this.send("DELETE", path, body === undefined ? {} : { body })
  }

  /** A patch of a kind: `merge`, `json`, `strategic`, or an apply. */
  patch(path: string, form: keyof typeof patchTypes, body: Json | string): Promise<Answer> {
    return this.send("PATCH", path, { body, headers: { "content-type": patchTypes[form] } })
  }

  async watch(path: string, headers: { readonly [name: string]: string } = {}): Promise<OpenWatch> {
    const abort = new AbortController()
    const transport = this.server.inProcess(admin)
    const response = await transport.request({ method: "GET", path, headers, signal: abort.signal })
    return new OpenWatch(response, abort)
  }
}

const patchTypes = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const

const jsonOf = (text: string): JsonObject => {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** A test body with a server of its own, closed after it. */
export const withServer =
  (test: (world: World) => Promise<void>, options: Partial<ApiServerOptions> = {}) =>
  (): Promise<void> =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const ambient = new TestAmbient()
          const store = options.store ?? makeMemoryStore()
          const server = yield* ApiServer.make({ definitions, ambient, ...options, store })
          yield* server.ready
          yield* Effect.promise(() => test(new World(server, store, ambient)))
        }),
      ),
    )

/** The value at a dotted path; undefined when something on the way is absent. */
export const at = (value: Json | undefined, path: string): Json | undefined => {
  let found: Json | undefined = value
  for (const key of path.split(".")) {
    if (typeof found !== "object" || found === null) return undefined
    found = (found as { readonly [key: string]: Json })[key]
  }
  return found
}

export const configMap = (
  name: string,
  data: { readonly [key: string]: string } = {},
  more: JsonObject = {},
): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...more },
  data,
})

export const configMaps = "/api/v1/namespaces/default/configmaps"

export interface WidgetsOptions {
  readonly versions?: ReadonlyArray<JsonObject>
  readonly scope?: "Namespaced" | "Cluster"
  readonly names?: JsonObject
}

export const widgetVersion: JsonObject = {
  name: "v1",
  served: true,
  storage: true,
  subresources: {
    status: {},
    scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
  },
  additionalPrinterColumns: [{ name: "Color", type: "string", jsonPath: ".spec.color" }],
  selectableFields: [{ jsonPath: ".spec.color" }],
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: {
            color: { type: "string", default: "red" },
            replicas: { type: "integer", minimum: 0 },
          },
        },
        status: {
          type: "object",
          properties: { replicas: { type: "integer" }, message: { type: "string" } },
        },
      },
    },
  },
}

/** A CustomResourceDefinition of widgets.example.com. */
export const widgetsCrd = (options: WidgetsOptions = {}): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: options.scope ?? "Namespaced",
    names: { plural: "widgets", kind: "Widget", shortNames: ["wd"], ...options.names },
    versions: options.versions ?? [widgetVersion],
  },
})

export const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
export const widgets = "/apis/example.com/v1/namespaces/default/widgets"

export const widget = (name: string, spec: JsonObject = {}, more: JsonObject = {}): JsonObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name, ...more },
  spec,
})
