import * as http from "node:http"
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { ConfigMap } from "../../schemas/index.ts"
import { makeWorld, startProcess } from "../../test/kit/world.ts"
import { Controller } from "../controller.ts"
import { Manager } from "../manager.ts"
import { Result } from "../reconciler.ts"
import type { EndpointOptions } from "./index.ts"

const Missing = { group: "example.com", version: "v1", kind: "Gone", plural: "gones", namespaced: true }

interface Sent {
  readonly method?: string
  readonly headers?: { readonly [name: string]: string }
}

const ask = (url: string, path: string, { method = "GET", headers = {} }: Sent = {}) =>
  Effect.promise(
    () =>
      new Promise<{ status: number; body: string; type: string }>((resolve, reject) => {
        const request = http.request(`${url}${path}`, { method, headers, agent: false }, (response) => {
          let body = ""
          response.on("data", (chunk) => {
            body += chunk
          })
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              body,
              type: response.headers["content-type"] ?? "",
            }),
          )
        })
        request.on("error", reject)
        request.end()
      }),
  )

/** A manager over the real API server; the controller fails on `bad`, and counts. */
const start = Effect.fnUntraced(function* (endpoints: Partial<EndpointOptions> = {}) {
  const world = yield* makeWorld()
  for (const name of ["good", "bad"]) {
    yield* world.client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name },
      data: { secret: "s3cr3t" },
    })
  }
  const calls: Array<string> = []
  const controller = Controller.make({
    name: "c/d",
    for: ConfigMap,
    backoff: () => Effect.succeed(Duration.hours(1)),
    reconcile: ({ name }) =>
      Effect.suspend(() => {
        calls.push(name)
        return name === "bad" ? Effect.fail(new Error("it is bad")) : Effect.succeed(Result.Done())
      }),
  })
  const process = yield* startProcess(world)
  const manager = yield* Manager.start({
    controllers: [controller],
    endpoints: { port: 0, ...endpoints },
  }).pipe(Effect.provideContext(process))
  const url = manager.endpoints?.url ?? ""
  yield* Effect.repeat(
    Effect.andThen(
      Effect.sleep("5 millis"),
      Effect.sync(() => calls.length),
    ),
    {
      until: (count) => count >= 2,
    },
  )
  return { url, calls, manager }
})
describe("the endpoints of a manager", () => {
  it.live("say that it lives and that its informers are synced", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect(yield* ask(url, "/healthz")).toMatchObject({ status: 200, body: "ok\n" })
      expect(yield* ask(url, "/readyz")).toMatchObject({
        status: 200,
        body: "[+]informer-configmaps ok\nreadyz check passed\n",
      })
    }),
  )

  it.live("say what is not ready and why", () =>
    Effect.gen(function* () {
      const waiting = Controller.make({
        name: "w",
        for: Missing,
        reconcile: () => Effect.succeed(Result.Done()),
      })
      const world = yield* makeWorld()
      const { endpoints } = yield* Manager.start({ controllers: [waiting], endpoints: { port: 0 } }).pipe(
        Effect.provideContext(yield* startProcess(world)),
      )
      const ready = ask(endpoints?.url ?? "", "/readyz")
      const said = yield* Effect.repeat(Effect.andThen(Effect.sleep("5 millis"), ready), {
        until: ({ body }) => body.includes("NotServed"),
      })
      expect(said.status).toBe(503)
      expect(said.body).toContain("[-]informer-gones not synced: NotServed: the server does not serve gones")
    }),
  )

  it.live("give metrics under controller-runtime's and client-go's names", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const { status, body, type } = yield* ask(url, "/metrics")
      expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"])
      for (const line of [
        /^# TYPE controller_runtime_reconcile_total counter$/m,
        /^controller_runtime_reconcile_total\{.*controller="c\/d".*result="error".*\} \d+$/m,
        /^controller_runtime_active_workers\{controller="c\/d"\} \d+$/m,
        /^controller_runtime_max_concurrent_reconciles\{controller="c\/d"\} 1$/m,
        /^# TYPE controller_runtime_reconcile_time_seconds histogram$/m,
        /^controller_runtime_reconcile_time_seconds_bucket\{.*le="\+Inf".*\} \d+$/m,
        /^controller_runtime_reconcile_time_seconds_count\{.*\} \d+$/m,
        /^workqueue_depth\{.*name="c\/d".*\} \d+$/m,
        /^workqueue_adds_total\{.*\} \d+$/m,
        /^workqueue_queue_duration_seconds_sum\{.*\} [\d.e-]+$/m,
        /^workqueue_retries_total\{.*\} \d+$/m,
        /^rest_client_requests_total\{.*code="200".*method="GET".*\} \d+$/m,
      ]) {
        expect(body).toMatch(line)
      }
    }),
  )

  it.live("show queues with ages and back-offs, informers, and the last reconciles, but no content", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const { status, body } = yield* ask(url, "/debug/controllers")
      expect(status).toBe(200)
      expect(body).not.toContain("s3cr3t")
      const { controllers, isLeading } = JSON.parse(body)
      expect(isLeading).toBe(true)
      expect(controllers).toMatchObject([
        {
          name: "c/d",
          queueLength: 1,
          queue: [{ key: "default/bad", state: "delayed", attempts: 1, nextTryMs: expect.any(Number) }],
          informers: [{ kind: "configmaps", state: "Watching", counts: { lists: 1 } }],
          reconciles: expect.arrayContaining([
            expect.objectContaining({ outcome: "error", error: "Error: it is bad" }),
          ]),
          diagnoses: [],
        },
      ])
      expect(yield* ask(url, "/debug/controllers/c%2Fd")).toMatchObject({ status: 200 })
      expect(yield* ask(url, "/debug/controllers/none")).toMatchObject({ status: 404 })
    }),
  )

  it.live("take an order to reconcile now from who has the token, whatever the back-off", () =>
    Effect.gen(function* () {
      const { url, calls } = yield* start({ token: "let-me" })
      const path = "/debug/controllers/c%2Fd/reconcile?key=default/bad"
      const authorized = { headers: { authorization: "Bearer let-me" } }
      expect(yield* ask(url, path, { method: "POST" })).toMatchObject({ status: 403 })
      expect(
        yield* ask(url, path, { method: "POST", headers: { authorization: "Bearer no" } }),
      ).toMatchObject({
        status: 403,
      })
      expect(yield* ask(url, "/debug/controllers")).toMatchObject({ status: 403 })
      expect(yield* ask(url, path, authorized)).toMatchObject({ status: 405 })
      expect(
        yield* ask(url, "/debug/controllers/c%2Fd/reconcile?key=bad", { ...authorized, method: "POST" }),
      ).toMatchObject({ status: 400 })
      expect(yield* ask(url, path, { ...authorized, method: "POST" })).toMatchObject({ status: 202 })
      yield* Effect.repeat(
        Effect.andThen(
          Effect.sleep("5 millis"),
          Effect.sync(() => calls.length),
        ),
        {
          until: (count) => count >= 3,
        },
      )
      expect(calls.filter((name) => name === "bad")).toHaveLength(2)
    }),
  )

  it.live("take no orders where no token is set, and answer no page under another name", () =>
    Effect.gen(function* () {
      const { url } = yield* start()
      const order = "/debug/controllers/c%2Fd/reconcile?key=default/bad"
      expect(yield* ask(url, order, { method: "POST" })).toMatchObject({ status: 403 })
      const elsewhere = { headers: { host: "evil.example:80" } }
      expect(yield* ask(url, "/debug/controllers", elsewhere)).toMatchObject({ status: 403 })
      expect(yield* ask(url, "/healthz", elsewhere)).toMatchObject({ status: 200 })
      expect(yield* ask(url, "/healthz", { method: "DELETE" })).toMatchObject({ status: 405 })
      expect(yield* ask(url, "/other")).toMatchObject({ status: 404 })
      expect(yield* ask(url, "/debug/controllers/%zz")).toMatchObject({ status: 400 })
    }),
  )
})
