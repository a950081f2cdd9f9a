/** All controllers together: from a Sandbox that somebody creates to an empty machine. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { Client, isReason } from "../client/index.ts"
import { runController } from "../reconciler/index.ts"
import { Event, Namespace, Node, Sandbox } from "../schemas/index.ts"
import { makeMachineWorld, startProcess } from "../test/kit/machine-world.ts"
import { pass, settle } from "../test/kit/settle.ts"
import {
  namespaceController,
  nodeController,
  runGarbageCollector,
  runNode,
  runSandboxes,
  schedulerController,
} from "./index.ts"

const started = Effect.gen(function* () {
  const world = yield* makeMachineWorld
  const cluster = Effect.gen(function* () {
    yield* runController(namespaceController)
    yield* runController(yield* nodeController)
    yield* runController(yield* schedulerController)
    yield* runGarbageCollector
  })
  const runner = Effect.gen(function* () {
    yield* runNode({ nodeName: "n1", port: 10250, version: "0.1.0" })
    yield* runSandboxes({ nodeName: "n1", grace: 0 })
  })
  yield* startProcess(world.context, cluster)
  const startRunner = startProcess(world.context, runner)
  const running = yield* startRunner
  yield* settle
  return { machine: world.machine, startRunner, runner: running, client: Context.get(world.context, Client) }
})

const sandbox = (namespace: string, name: string, more: Partial<Sandbox["metadata"]> = {}): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { namespace, name, ...more },
  spec: { containers: [{ name: "main", image: "busybox", command: ["serve"] }] },
})

describe("a cluster of one node", () => {
  it.effect("places and runs what is created, and tells the story in events", () =>
    Effect.gen(function* () {
      const { machine, client } = yield* started
      yield* client.create(Sandbox, sandbox("default", "web"))
      yield* pass(2)
      const found = yield* client.get(Sandbox, { namespace: "default", name: "web" })
      expect(found.spec.nodeName).toBe("n1")
      expect(found.status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True")
      expect(machine.sandboxes.size).toBe(1)
      const { items } = yield* client.list(Event, { namespace: "default" })
      expect(items.map(({ reason }) => reason).toSorted()).toEqual(["Pulled", "Scheduled", "Started"])
    }),
  )

  it.effect("is emptied of a namespace with all that runs in it", () =>
    Effect.gen(function* () {
      const { machine, client } = yield* started
      yield* client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } })
      for (const name of ["a", "b", "c"]) yield* client.create(Sandbox, sandbox("team", name))
      yield* client.create(Sandbox, sandbox("default", "stays"))
      yield* pass(2)
      expect(machine.sandboxes.size).toBe(4)
      yield* client.delete(Namespace, { namespace: "", name: "team" })
      yield* pass(10)
      const gone = yield* client.get(Namespace, { namespace: "", name: "team" }).pipe(
        Effect.as(false),
        Effect.catchIf(isReason("NotFound"), () => Effect.succeed(true)),
      )
      expect(gone).toBe(true)
      expect([...machine.sandboxes.values()].map(({ spec }) => spec.hostname)).toEqual(["stays"])
    }),
  )

  it.effect("stops what its owner leaves behind, before the owner goes in the foreground", () =>
    Effect.gen(function* () {
      const { machine, client } = yield* started
      const owner = yield* client.create(Sandbox, sandbox("default", "owner"))
      const reference = {
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: "owner",
        uid: owner.metadata.uid ?? "",
        blockOwnerDeletion: true,
      }
      yield* client.create(Sandbox, sandbox("default", "child", { ownerReferences: [reference] }))
      yield* pass(2)
      expect(machine.sandboxes.size).toBe(2)
      yield* client.delete(
        Sandbox,
        { namespace: "default", name: "owner" },
        { propagationPolicy: "Foreground" },
      )
      yield* pass(5)
      expect((yield* client.list(Sandbox)).items).toEqual([])
      expect(machine.sandboxes.size).toBe(0)
    }),
  )

  it.effect("comes to rest: nothing is written but leases", () =>
    Effect.gen(function* () {
      const { client } = yield* started
      yield* client.create(Sandbox, sandbox("default", "web"))
      yield* pass(30)
      const versions = Effect.gen(function* () {
        const kinds = [yield* client.list(Sandbox), yield* client.list(Node), yield* client.list(Event)]
        return kinds.flatMap(({ items }) => items.map(({ metadata }) => metadata.resourceVersion))
      })
      const before = yield* versions
      yield* pass(120)
      expect(yield* versions).toEqual(before)
    }),
  )

  it.effect("whose runner was lost for a while goes on as if nothing had been", () =>
    Effect.gen(function* () {
      const { machine, client, runner, startRunner } = yield* started
      const key = { namespace: "default", name: "web" }
      const ready = Effect.map(client.get(Sandbox, key), ({ status }) =>
        status?.conditions?.find(({ type }) => type === "Ready"),
      )
      yield* client.create(Sandbox, sandbox("default", "web"))
      yield* pass(2)
      const [id] = machine.sandboxes.keys()
      yield* runner.stop
      yield* pass(60)
      expect(yield* ready).toMatchObject({ status: "Unknown", reason: "NodeLost" })
      yield* startRunner
      yield* pass(60)
      expect(yield* ready).toMatchObject({ status: "True", reason: "Running" })
      expect([...machine.sandboxes.keys()]).toEqual([id])
    }),
  )
})
