/** Controllers as async functions, over the real API server, run by a manager that is a promise. */

import { Effect, Exit, Scope } from "effect"
import { expect, it } from "vitest"
import { ApiError, type Transport } from "../client/index.ts"
import { ConfigMap, Event, Secret } from "../schemas/index.ts"
import { makeWorld, type World } from "../test/kit/world.ts"
import { parseCause } from "./cause-of-writes.ts"
import { Controller } from "./controller.ts"
import type { ManagerHandle } from "./manager.ts"
import type { PromiseReconcile } from "./promise-controller.ts"
import { TerminalError } from "./reconciler.ts"
import { runManager } from "./run-manager.ts"

const namespace = "default"
const configMap = (name: string) =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name } }) as const
const secret = (name: string) =>
  ({ apiVersion: "v1", kind: "Secret", metadata: { namespace, name } }) as const

/** A world and a manager of one controller in it, until `body` is done. */
const managed = async (
  reconcile: PromiseReconcile,
  body: (world: World, manager: ManagerHandle, causes: ReadonlyArray<string>) => Promise<void>,
  timeoutMs?: number,
): Promise<void> => {
  const scope = Scope.makeUnsafe()
  try {
    const world = await Effect.runPromise(Scope.provide(makeWorld(), scope))
    await Effect.runPromise(world.client.create(ConfigMap, configMap("a")))
    const causes: Array<string> = []
    const inner = world.transport()
    const transport: Transport = {
      request: (sent) => {
        if (sent.method !== "GET") causes.push(sent.headers["miren-cause"] ?? "")
        return inner.request(sent)
      },
    }
    const controller = Controller.fromPromise({
      name: "p",
      for: ConfigMap,
      owns: [Secret],
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      reconcile,
    })
    const stop = new AbortController()
    const started = Promise.withResolvers<ManagerHandle>()
    const run = runManager({
      controllers: [controller],
      transport,
      signal: stop.signal,
      onStarted: started.resolve,
      grace: 50,
    })
    await body(world, await started.promise, causes)
    stop.abort()
    await run
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

it("reads, writes, and says what it read as the cause; is asked again when it says so", async () => {
  const done = Promise.withResolvers<void>()
  let runs = 0
  await managed(
    async (request, { client, lister }) => {
      if (request.name !== "a") return
      runs += 1
      if (runs === 2) {
        done.resolve()
        return
      }
      const found = lister(ConfigMap).get(request)
      const before = await client.find(Secret, { namespace, name: "s" })
      expect([found?.metadata.name, before]).toEqual(["a", undefined])
      // After an await no fiber is running: reads count all the same.
      lister(Secret).list(namespace)
      await client.create(Secret, secret("s"))
      return { requeueAfterMs: 1 }
    },
    async (_world, manager, causes) => {
      await done.promise
      expect(parseCause(causes[0] ?? "")).toMatchObject({
        controller: "p",
        woke: [{ kind: "ConfigMap", name: "a" }],
        read: [
          { kind: "ConfigMap", name: "a" },
          { kind: "Secret", name: "s", resourceVersion: "" },
          { kind: "Secret", namespace, name: "*" },
        ],
      })
      const [record] = manager.controllers()[0]?.records() ?? []
      expect(record).toMatchObject({ outcome: "requeue_after", wrote: [{ verb: "create", name: "s" }] })
    },
  )
})

it("is refused by an exception with its reason, and what it throws is tried again", async () => {
  const done = Promise.withResolvers<unknown>()
  let runs = 0
  await managed(
    async (_request, { client }) => {
      runs += 1
      if (runs === 1) {
        const refused = await client.get(Secret, { namespace, name: "none" }).catch((error: unknown) => error)
        throw refused
      }
      done.resolve(runs)
    },
    async (_world, manager) => {
      expect(await done.promise).toBe(2)
      expect(manager.controllers()[0]?.records()[0]).toMatchObject({
        outcome: "error",
        error: expect.stringContaining("not found"),
      })
    },
  )
})

it("an ApiError is thrown as itself, so that its reason can be asked for", async () => {
  const done = Promise.withResolvers<unknown>()
  await managed(
    async (_request, { client }) => {
      try {
        await client.create(ConfigMap, configMap("a"))
      } catch (error) {
        done.resolve(error instanceof ApiError ? error.reason : error)
      }
    },
    async () => expect(await done.promise).toBe("AlreadyExists"),
  )
})

it("gives up by a TerminalError, with an Event; records Events of its own", async () => {
  const done = Promise.withResolvers<void>()
  await managed(
    async (request, { events, lister }) => {
      const object = lister(ConfigMap).get(request)
      if (object !== undefined)
        events.record(object, { type: "Normal", reason: "Looked", message: "looked at it" })
      done.resolve()
      throw new TerminalError({ reason: "Hopeless", message: "it cannot be" })
    },
    async (world) => {
      await done.promise
      const reasons = async () =>
        (await Effect.runPromise(world.client.list(Event))).items.map(({ reason }) => reason).sort()
      await expect.poll(reasons).toEqual(["Hopeless", "Looked"])
    },
  )
})

it("is told by its signal that its time is over", async () => {
  const aborted = Promise.withResolvers<void>()
  await managed(
    (_request, { signal }) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborted.resolve()
          reject(new Error("aborted"))
        })
      }),
    async (_world, manager) => {
      await aborted.promise
      await expect.poll(() => manager.controllers()[0]?.records()[0]?.outcome).toBe("error")
    },
    20,
  )
})

it("has no lister of a kind that it does not look at, and says how to get one", async () => {
  const done = Promise.withResolvers<unknown>()
  await managed(
    async (_request, { lister }) => {
      try {
        lister(Event)
      } catch (error) {
        done.resolve(String(error))
      }
    },
    async () =>
      expect(await done.promise).toContain(
        "controller p does not look at events: add the kind to its owns or watches",
      ),
  )
})

it("a manager without a way to a server rejects", async () => {
  const before = process.env.KUBECONFIG
  process.env.KUBECONFIG = "/nonexistent/kubeconfig"
  try {
    await expect(runManager({ controllers: [], signal: new AbortController().signal })).rejects.toThrow()
  } finally {
    if (before === undefined) delete process.env.KUBECONFIG
    else process.env.KUBECONFIG = before
  }
})
