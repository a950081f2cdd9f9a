/** Against a receiver of OTLP over HTTP on a loopback port. */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { expect, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { Client } from "../../client/index.ts"
import { ConfigMap, type Json, type JsonObject, Secret } from "../../schemas/index.ts"
import { makeWorld, startProcess } from "../../test/kit/world.ts"
import { parseCause } from "../cause-of-writes.ts"
import { Controller } from "../controller.ts"
import { Manager } from "../manager.ts"
import { Result } from "../reconciler.ts"
import { Observability, type ObservabilityOptions } from "./index.ts"

/** What was sent to each path. */
const receiver = Effect.gen(function* () {
  const received = new Map<string, Array<JsonObject>>()
  const server = http.createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const path = `${request.url} ${request.headers.authorization ?? ""}`.trim()
      received.set(path, [...(received.get(path) ?? []), JSON.parse(Buffer.concat(chunks).toString())])
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    () => Effect.promise(() => new Promise<void>((resolve) => server.close(() => resolve()))),
  )
  const { port } = server.address() as AddressInfo
  return { endpoint: `http://127.0.0.1:${port}/`, received }
})

/** Every object in a document that has a member of this name. */
const having = (document: Json | undefined, member: string): ReadonlyArray<JsonObject> => {
  if (Array.isArray(document)) return document.flatMap((one: Json) => having(one, member))
  if (typeof document !== "object" || document === null) return []
  const object = document as JsonObject
  return [
    ...(Object.hasOwn(object, member) ? [object] : []),
    ...Object.values(object).flatMap((one) => having(one, member)),
  ]
}

const attributesOf = (object: JsonObject | undefined): { readonly [key: string]: unknown } =>
  Object.fromEntries(
    ((object?.attributes ?? []) as unknown as ReadonlyArray<{ key: string; value: JsonObject }>).map(
      ({ key, value }) => [key, value.stringValue ?? value],
    ),
  )

/** A reconcile that reads, logs and writes, under the layer, until it is exported. */
const observed = Effect.fnUntraced(function* (options: Partial<ObservabilityOptions>) {
  const { endpoint, received } = yield* receiver
  const world = yield* makeWorld()
  const key = { namespace: "default", name: "a" }
  yield* world.client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: key })
  const scope = yield* Scope.make()
  const context = yield* Layer.build(
    Observability.layer({ endpoint, serviceName: "test", exportInterval: "20 millis", ...options }),
  ).pipe(Scope.provide(scope))
  let runs = 0
  const controller = Controller.make({
    name: "traced",
    for: ConfigMap,
    reconcile: (request) =>
      Effect.gen(function* () {
        const client = yield* Client
        yield* client.get(ConfigMap, request)
        yield* Effect.logInfo("hello from a reconcile")
        yield* client.create(Secret, { apiVersion: "v1", kind: "Secret", metadata: { ...key, name: "made" } })
        runs += 1
        return Result.Done()
      }),
  })
  yield* Manager.start({ controllers: [controller] }).pipe(
    Effect.provideContext(yield* startProcess(world)),
    Effect.provideContext(context),
    Scope.provide(scope),
  )
  yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => runs > 0 })
  // The end of the layer sends what is left.
  yield* Scope.close(scope, Exit.void)
  return received
})

it.live("a reconcile is a span with its cause and what it wrote, and its log lines belong to it", () =>
  Effect.gen(function* () {
    const received = yield* observed({ serviceVersion: "1.2.3" })
    const spans = (received.get("/v1/traces") ?? []).flatMap((sent) => having(sent, "spanId"))
    const span = spans.find(({ name }) => name === "reconcile")
    const attributes = attributesOf(span)
    expect(attributes).toMatchObject({
      controller: "traced",
      object: "default/a",
      revision: expect.stringMatching(/^\d+$/),
    })
    const cause = parseCause(String(attributes.cause))
    expect(cause).toMatchObject({
      controller: "traced",
      reconcileID: attributes.reconcileID,
      woke: [{ kind: "ConfigMap", name: "a" }],
      read: [{ kind: "ConfigMap", name: "a" }],
    })
    expect(JSON.stringify(attributes.wrote)).toMatch(/create Secret\/default\/made@\d+/)

    const lines = (received.get("/v1/logs") ?? []).flatMap((sent) => having(sent, "severityText"))
    const line = lines.find(({ body }) => JSON.stringify(body).includes("hello from a reconcile"))
    expect([line?.traceId, line?.spanId]).toEqual([span?.traceId, span?.spanId])

    const metrics = JSON.stringify(received.get("/v1/metrics"))
    expect(metrics).toContain("controller_runtime_reconcile_total")
    const resources = (received.get("/v1/traces") ?? []).flatMap((sent) => having(sent, "resource"))
    expect(JSON.stringify(resources)).toContain('"test"')
    expect(JSON.stringify(resources)).toContain('"1.2.3"')
  }).pipe(Effect.scoped),
)

it.live("only the signals that are asked for are sent, with the headers", () =>
  Effect.gen(function* () {
    const received = yield* observed({ signals: ["traces"], headers: { authorization: "Bearer t" } })
    expect([...received.keys()]).toEqual(["/v1/traces Bearer t"])
  }).pipe(Effect.scoped),
)

it.live("a collector that is away holds nobody up", () =>
  Effect.gen(function* () {
    const world = yield* makeWorld()
    const list = world.client.list(ConfigMap)
    const layer = Observability.layer({
      endpoint: "http://127.0.0.1:1",
      serviceName: "test",
      shutdownTimeout: "50 millis",
    })
    const { items } = yield* Effect.provide(Effect.withSpan(list, "x"), layer)
    expect(items.length).toBeGreaterThanOrEqual(0)
  }).pipe(Effect.scoped),
)
