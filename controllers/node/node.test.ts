import { describe, expect, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { Client, isReason } from "../../client/index.ts"
import { runController } from "../../reconciler/index.ts"
import { Lease, Node, Sandbox } from "../../schemas/index.ts"
import { makeMachineWorld, startProcess } from "../../test/kit/machine-world.ts"
import { pass, settle } from "../../test/kit/settle.ts"
import { nodeController, runNode } from "./index.ts"

const started = Effect.gen(function* () {
  const world = yield* makeMachineWorld
  yield* startProcess(
    world.context,
    Effect.flatMap(nodeController, (controller) => runController(controller)),
  )
  const startRunner = startProcess(world.context, runNode({ nodeName: "n1", port: 10250, version: "0.1.0" }))
  return { client: Context.get(world.context, Client), startRunner, runner: yield* startRunner }
})

const readNode = (client: Client["Service"]) => client.get(Node, { namespace: "", name: "n1" })
const readyOf = ({ status }: Node): string | undefined =>
  status?.conditions?.find(({ type }) => type === "Ready")?.status

describe("a node", () => {
  it.effect("is registered by its runner, with a lease that belongs to it", () =>
    Effect.gen(function* () {
      const { client } = yield* started
      const node = yield* readNode(client)
      expect(readyOf(node)).toBe("True")
      expect(node.metadata.labels).toMatchObject({
        "kubernetes.io/hostname": "n1",
        "kubernetes.io/os": "linux",
      })
      expect(node.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(10250)
      expect(node.status?.addresses?.[0]).toEqual({ type: "InternalIP", address: "127.0.0.1" })
      const lease = yield* client.get(Lease, { namespace: "kube-node-lease", name: "n1" })
      expect(lease.metadata.ownerReferences?.[0]?.uid).toBe(node.metadata.uid)
    }),
  )

  it.effect("renews its lease, and is written seldom", () =>
    Effect.gen(function* () {
      const { client } = yield* started
      const node = yield* readNode(client)
      const key = { namespace: "kube-node-lease", name: "n1" }
      const first = (yield* client.get(Lease, key)).spec?.renewTime
      yield* pass(100)
      const later = (yield* client.get(Lease, key)).spec?.renewTime
      expect(Date.parse(later ?? "") - Date.parse(first ?? "")).toBeGreaterThanOrEqual(90_000)
      expect((yield* readNode(client)).metadata.resourceVersion).toBe(node.metadata.resourceVersion)
    }),
  )

  it.effect("whose runner stops is lost after forty seconds, and found again when it comes back", () =>
    Effect.gen(function* () {
      const { client, runner, startRunner } = yield* started
      yield* pass(20)
      yield* runner.stop
      yield* pass(35)
      expect(readyOf(yield* readNode(client))).toBe("True")
      yield* pass(15)
      expect(readyOf(yield* readNode(client))).toBe("Unknown")
      yield* startRunner
      yield* settle
      expect(readyOf(yield* readNode(client))).toBe("True")
      yield* pass(60)
      expect(readyOf(yield* readNode(client))).toBe("True")
    }),
  )

  it.effect("that somebody deleted is registered again", () =>
    Effect.gen(function* () {
      const { client } = yield* started
      yield* client.delete(Node, { namespace: "", name: "n1" })
      yield* pass(11)
      expect(readyOf(yield* readNode(client))).toBe("True")
    }),
  )
})

describe("a sandbox of a node", () => {
  const key = { namespace: "default", name: "web" }
  const web: Sandbox = {
    apiVersion: "compute.miren.dev/v1alpha1",
    kind: "Sandbox",
    metadata: { ...key, finalizers: ["compute.miren.dev/sandbox"] },
    spec: { nodeName: "n1", containers: [{ name: "main", image: "busybox" }] },
  }
  const readyReason = (client: Client["Service"]) =>
    Effect.map(
      client.get(Sandbox, key),
      ({ status }) => status?.conditions?.find(({ type }) => type === "Ready")?.reason,
    )

  it.effect("says that it is not known to run when its node is lost", () =>
    Effect.gen(function* () {
      const { client, runner } = yield* started
      yield* client.create(Sandbox, web)
      yield* pass(5)
      expect(yield* readyReason(client)).toBeUndefined()
      yield* runner.stop
      yield* pass(50)
      expect(yield* readyReason(client)).toBe("NodeLost")
    }),
  )

  it.effect("can be deleted when its node is gone for good, and not before", () =>
    Effect.gen(function* () {
      const { client, runner } = yield* started
      yield* client.create(Sandbox, web)
      yield* runner.stop
      yield* client.delete(Node, { namespace: "", name: "n1" })
      yield* client.delete(Sandbox, key)
      yield* pass(30)
      expect((yield* client.get(Sandbox, key)).metadata.name).toBe("web")
      yield* pass(20)
      const gone = yield* client.get(Sandbox, key).pipe(
        Effect.as(false),
        Effect.catchIf(isReason("NotFound"), () => Effect.succeed(true)),
      )
      expect(gone).toBe(true)
    }),
  )
})
