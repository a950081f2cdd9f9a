import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Result, Stream } from "effect"
import type { Kind, KubeObject } from "../schemas/index.ts"
import type { ApiError, TransportRequest, TransportResponse, WatchEvent, Written } from "./index.ts"
import { makeClient, requestJson, retryAfterMs, streamBytes, WriteContext, watchDocuments } from "./index.ts"

const Widget: Kind = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
}
const ConfigMap: Kind = {
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
}

const body = async function* (...chunks: ReadonlyArray<string | Error>): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk
    yield Buffer.from(chunk, "latin1")
  }
}

const answer = (status: number, ...chunks: ReadonlyArray<string | Error>): TransportResponse => ({
  status,
  headers: {},
  body: body(...chunks),
})

/** A client whose server says one thing, and what it was asked. */
const scripted = (response: TransportResponse | Error) => {
  const asked: Array<TransportRequest> = []
  const client = makeClient({
    request: async (request) => {
      asked.push(request)
      if (response instanceof Error) throw response
      return response
    },
  })
  return { client, asked }
}

const widget = (name: string, resourceVersion = "5"): KubeObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name, namespace: "ns", resourceVersion },
})

const key = { namespace: "ns", name: "a" }
const status = (code: number, reason?: string, details?: object) =>
  JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason, code, details })

describe("requests", () => {
  const ok = () => answer(200, JSON.stringify(widget("a")))
  const rows: ReadonlyArray<
    [string, (client: ReturnType<typeof makeClient>) => Effect.Effect<unknown, ApiError>, string, string?]
  > = [
    ["get", (c) => c.get(Widget, key), "GET /apis/example.com/v1/namespaces/ns/widgets/a"],
    ["get of core", (c) => c.get(ConfigMap, key), "GET /api/v1/namespaces/ns/configmaps/a"],
    [
      "list of all namespaces, selectors escaped",
      (c) => c.list(Widget, { labelSelector: "a in (b,c)", limit: 5 }),
      "GET /apis/example.com/v1/widgets?labelSelector=a%20in%20(b%2Cc)&limit=5",
    ],
    [
      "list of some fields, each path escaped",
      (c) => c.list(Widget, { fields: ["spec.color", "metadata.labels['a/b']"] }),
      "GET /apis/example.com/v1/widgets?fields=spec.color%2Cmetadata.labels%5B'a%2Fb'%5D",
    ],
    [
      "create",
      (c) => c.create(Widget, widget("a")),
      "POST /apis/example.com/v1/namespaces/ns/widgets",
      "application/json",
    ],
    [
      "updateStatus",
      (c) => c.updateStatus(Widget, widget("a"), { fieldManager: "m" }),
      "PUT /apis/example.com/v1/namespaces/ns/widgets/a/status?fieldManager=m",
      "application/json",
    ],
    [
      "merge patch",
      (c) => c.patch(Widget, key, { patch: { type: "merge", value: {} } }),
      "PATCH /apis/example.com/v1/namespaces/ns/widgets/a",
      "application/merge-patch+json",
    ],
    [
      "apply",
      (c) => c.apply(Widget, widget("a"), { fieldManager: "m", force: true, subresource: "status" }),
      "PATCH /apis/example.com/v1/namespaces/ns/widgets/a/status?force=true&fieldManager=m",
      "application/apply-patch+yaml",
    ],
    [
      "names are escaped",
      (c) => c.get(Widget, { namespace: "ns", name: "a/b?" }),
      "GET /apis/example.com/v1/namespaces/ns/widgets/a%2Fb%3F",
    ],
  ]
  it.effect.each(rows)("%s", ([, call, line, contentType]) =>
    Effect.gen(function* () {
      const { client, asked } = scripted(ok())
      yield* call(client)
      expect(`${asked[0]?.method} ${asked[0]?.path}`).toBe(line)
      expect(asked[0]?.headers["content-type"]).toBe(contentType)
    }),
  )

  it.effect("a delete says its options in the body", () =>
    Effect.gen(function* () {
      const { client, asked } = scripted(answer(200, status(200)))
      yield* client.delete(Widget, key, { propagationPolicy: "Foreground", preconditions: { uid: "u" } })
      expect(JSON.parse(Buffer.from(asked[0]?.body ?? []).toString())).toEqual({
        kind: "DeleteOptions",
        apiVersion: "v1",
        propagationPolicy: "Foreground",
        preconditions: { uid: "u" },
      })
    }),
  )

  it.effect("a namespaced kind without a namespace is refused before it is sent", () =>
    Effect.gen(function* () {
      const { client, asked } = scripted(ok())
      const result = yield* Effect.result(client.get(Widget, { namespace: "", name: "a" }))
      expect(Result.isFailure(result) && result.failure.reason).toBe("BadRequest")
      expect(asked).toEqual([])
    }),
  )

  it.effect("list items get the kind that typed lists leave out", () =>
    Effect.gen(function* () {
      const page = { metadata: { resourceVersion: "7", continue: "" }, items: [{ metadata: { name: "a" } }] }
      const { client } = scripted(answer(200, JSON.stringify(page)))
      const list = yield* client.list(Widget)
      expect(list.items[0]).toEqual({ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "a" } })
      expect(list.metadata).toEqual({ resourceVersion: "7" })
    }),
  )

  it.effect("an empty list that a Go server sends as null is empty", () =>
    Effect.gen(function* () {
      const { client } = scripted(answer(200, `{"metadata":{"resourceVersion":"7"},"items":null}`))
      expect((yield* client.list(Widget)).items).toEqual([])
    }),
  )
})

describe("errors", () => {
  const rows: ReadonlyArray<[string, TransportResponse | Error, string]> = [
    ["a Status keeps its reason", answer(409, status(409, "AlreadyExists")), "AlreadyExists"],
    ["a Status without a reason goes by its code", answer(409, status(409)), "Conflict"],
    ["an unknown reason goes by its code", answer(422, status(422, "Novel")), "Invalid"],
    ["a page of a proxy goes by its code", answer(502, "<html>"), "InternalError"],
    ["half a body", answer(200, `{"kind":"Wid`), "ServiceUnavailable"],
    ["a connection that breaks within the body", answer(200, `{`, new Error("reset")), "ServiceUnavailable"],
    ["a body that is no object", answer(200, "[]"), "ServiceUnavailable"],
    ["an object without a name", answer(200, `{"metadata":{}}`), "ServiceUnavailable"],
    ["no connection", new Error("refused"), "ServiceUnavailable"],
  ]
  it.effect.each(rows)("%s", ([, response, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(scripted(response).client.get(Widget, key))
      expect(error.reason).toBe(reason)
    }),
  )

  it.effect("Retry-After is read from the header where the Status has none", () =>
    Effect.gen(function* () {
      const response = { ...answer(429, status(429, "TooManyRequests")), headers: { "retry-after": "3" } }
      const error = yield* Effect.flip(scripted(response).client.get(Widget, key))
      expect(retryAfterMs(error)).toBe(3000)
    }),
  )
})

const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`
const summary = (e: WatchEvent<KubeObject>) =>
  e.type === "BOOKMARK" ? `BOOKMARK ${e.resourceVersion}` : `${e.type} ${e.object.metadata.name}`

describe("watches", () => {
  const utf8 = (text: string) => Buffer.from(text).toString("latin1")
  const added = utf8(event("ADDED", { ...widget("a"), note: "härte 😀" }))
  const bookmark = event("BOOKMARK", { metadata: { resourceVersion: "9" } })
  const rows: ReadonlyArray<
    [string, ReadonlyArray<string | Error>, ReadonlyArray<string>, string | undefined]
  > = [
    ["events of one chunk", [added + bookmark], ["ADDED a", "BOOKMARK 9"], undefined],
    ["an event in one-byte chunks", [...added], ["ADDED a"], undefined],
    [
      "a truncated last line is an error after the events before it",
      [added, `{"type":"MOD`],
      ["ADDED a"],
      "ServiceUnavailable",
    ],
    [
      "an ERROR event ends the watch",
      [added + event("ERROR", JSON.parse(status(410, "Gone"))) + added],
      ["ADDED a"],
      "Expired",
    ],
    [
      "a line that is not JSON is never skipped",
      [`${added}garbage\n${added}`],
      ["ADDED a"],
      "ServiceUnavailable",
    ],
    ["an unknown event type is never skipped", [event("NOVEL", {})], [], "ServiceUnavailable"],
    ["a broken connection", [added, new Error("reset")], ["ADDED a"], "ServiceUnavailable"],
    [
      "an object named __proto__ in its labels does no harm",
      [`{"type":"ADDED","object":{"metadata":{"name":"p","labels":{"__proto__":"x"}}}}\n`],
      ["ADDED p"],
      undefined,
    ],
  ]
  it.effect.each(rows)("%s", ([, chunks, events, reason]) =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { client } = scripted(answer(200, ...chunks))
      const run = Stream.runForEach(client.watch(Widget), (e) => Effect.sync(() => seen.push(summary(e))))
      const result = yield* Effect.result(run)
      expect(seen).toEqual(events)
      expect(Result.isFailure(result) ? result.failure.reason : undefined).toBe(reason)
    }),
  )

  it.effect("characters cut between chunks arrive whole", () =>
    Effect.gen(function* () {
      const { client } = scripted(answer(200, ...added))
      const [first] = yield* Stream.runCollect(client.watch(Widget))
      expect(first?.type === "ADDED" && first.object).toMatchObject({ note: "härte 😀" })
    }),
  )

  it.effect("a refused watch fails with its Status", () =>
    Effect.gen(function* () {
      const { client } = scripted(answer(403, status(403, "Forbidden")))
      const error = yield* Effect.flip(Stream.runDrain(client.watch(Widget)))
      expect(error.reason).toBe("Forbidden")
    }),
  )

  it.effect("a watch may ask for some fields only", () =>
    Effect.gen(function* () {
      const { client, asked } = scripted(answer(200, ...added))
      yield* Stream.runDrain(client.watch(Widget, { namespace: "ns", fields: ["spec.color", "status"] }))
      expect(asked[0]?.path).toBe(
        "/apis/example.com/v1/namespaces/ns/widgets?watch=true&fields=spec.color%2Cstatus",
      )
    }),
  )

  it.effect("an interrupted watch aborts its response", () =>
    Effect.gen(function* () {
      let aborted: AbortSignal | undefined
      const client = makeClient({
        request: async (request) => {
          aborted = request.signal
          const never = { next: () => new Promise<IteratorResult<Uint8Array>>(() => {}) }
          return { status: 200, headers: {}, body: { [Symbol.asyncIterator]: () => never } }
        },
      })
      const fiber = yield* Effect.forkChild(Stream.runDrain(client.watch(Widget)))
      while (aborted === undefined) yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      expect(aborted.aborted).toBe(true)
    }),
  )
})

describe("documents of any form", () => {
  it.effect("are read and watched as the server sends them", () =>
    Effect.gen(function* () {
      const table = { kind: "Table", rows: [] }
      const transport = {
        request: async (request: TransportRequest) =>
          request.path.endsWith("watch=true")
            ? answer(200, `${JSON.stringify({ type: "ADDED", object: table })}\n`)
            : answer(200, JSON.stringify({ ...table, accept: request.headers.accept })),
      }
      const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }
      const call = { method: "GET", path: "/api/v1/pods" } as const
      expect(yield* requestJson(transport, call, headers)).toEqual({ ...table, ...headers })
      const events = watchDocuments(transport, { path: "/api/v1/pods?watch=true", headers })
      expect(yield* Stream.runCollect(events)).toEqual([{ type: "ADDED", object: table }])
    }),
  )

  it.effect("logs come as bytes, and a broken connection is an error", () =>
    Effect.gen(function* () {
      const transport = { request: async () => answer(200, "line\n", new Error("reset")) }
      const seen: Array<string> = []
      const logs = streamBytes(transport, "/api/v1/namespaces/ns/pods/p/log")
      const run = Stream.runForEach(logs, (bytes) =>
        Effect.sync(() => seen.push(Buffer.from(bytes).toString())),
      )
      expect((yield* Effect.flip(run)).reason).toBe("ServiceUnavailable")
      expect(seen).toEqual(["line\n"])
    }),
  )
})

describe("the write context", () => {
  const unanswered: ReadonlyArray<[string, TransportResponse | Error, boolean]> = [
    ["no answer", new Error("reset"), true],
    ["half an answer", answer(200, "{"), true],
    ["a server that failed", answer(500, status(500, "InternalError")), true],
    ["a refusal", answer(409, status(409, "Conflict")), false],
    ["a server that is busy", answer(429, status(429, "TooManyRequests")), false],
  ]
  it.effect.each(unanswered)(
    "tells writes that may have been made from those that were not: %s",
    ([, response, maybe]) =>
      Effect.gen(function* () {
        const heard: Array<unknown> = []
        const { client } = scripted(response)
        const context = { onUnanswered: (write: unknown) => heard.push(write) }
        yield* Effect.result(
          client.update(Widget, widget("a")).pipe(Effect.provideService(WriteContext, context)),
        )
        expect(heard).toEqual(maybe ? [{ verb: "update", kind: Widget, key }] : [])
      }),
  )

  it.effect("carries the cause of a write and hears of it, but not of a read", () =>
    Effect.gen(function* () {
      const heard: Array<Written> = []
      const { client, asked } = scripted(answer(200, JSON.stringify(widget("a", "12"))))
      const context = { cause: "controller/x", onWritten: (w: Written) => heard.push(w) }
      yield* client.update(Widget, widget("a")).pipe(Effect.provideService(WriteContext, context))
      expect(asked[0]?.headers["miren-cause"]).toBe("controller/x")
      expect(heard.map((w) => [w.verb, w.key, w.object?.metadata.resourceVersion])).toEqual([
        ["update", key, "12"],
      ])
    }),
  )

  it.effect("does not hear of a dry run", () =>
    Effect.gen(function* () {
      const heard: Array<Written> = []
      const { client } = scripted(answer(200, JSON.stringify(widget("a"))))
      const context = { onWritten: (w: Written) => heard.push(w) }
      yield* client
        .create(Widget, widget("a"), { dryRun: true })
        .pipe(Effect.provideService(WriteContext, context))
      expect(heard).toEqual([])
    }),
  )

  it.effect("hears the uid of what a delete removed", () =>
    Effect.gen(function* () {
      const heard: Array<Written> = []
      const { client } = scripted(answer(200, status(200, undefined, { uid: "u-1" })))
      const context = { onWritten: (w: Written) => heard.push(w) }
      yield* client.delete(Widget, key).pipe(Effect.provideService(WriteContext, context))
      expect(heard.map((w) => [w.verb, w.removedUid, w.object])).toEqual([["delete", "u-1", undefined]])
    }),
  )
})
