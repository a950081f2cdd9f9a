import { describe, expect, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { ApiError, Client, WriteContext } from "../../client/index.ts"
import { runController } from "../../reconciler/index.ts"
import { Node, Sandbox } from "../../schemas/index.ts"
import { makeMachineWorld, startProcess } from "../../test/kit/machine-world.ts"
import { pass, settle } from "../../test/kit/settle.ts"
import { schedulerController } from "./index.ts"

const startedWith = (change: (client: Client["Service"]) => Client["Service"]) =>
  Effect.gen(function* () {
    const world = yield* makeMachineWorld
    const client = Context.get(world.context, Client)
    yield* startProcess(
      Context.add(world.context, Client, change(client)),
      Effect.flatMap(schedulerController, (scheduler) => runController(scheduler)),
    )
    return client
  })

const started = startedWith((client) => client)

/** The sender of the first patch hears that the connection is gone; the server takes it up just before the next one. */
const losingTheFirstAnswer = (client: Client["Service"]): Client["Service"] => {
  const underWay: Array<Effect.Effect<unknown, ApiError>> = []
  let patches = 0
  return {
    ...client,
    patch: (kind, key, request) => {
      patches += 1
      const patch = client.patch(kind, key, request)
      if (patches > 1) return Effect.andThen(Effect.all(underWay.splice(0)), patch)
      underWay.push(Effect.provideService(patch, WriteContext, {}))
      const reset = { reason: "ServiceUnavailable", message: "connection reset", operation: "PATCH" } as const
      return Effect.flatMap(WriteContext, ({ onUnanswered }) => {
        onUnanswered?.({ verb: "patch", kind, key })
        return Effect.fail(new ApiError(reset))
      })
    },
  }
}

/** Each Sandbox that is bound has ended, and everybody has seen it, before the answer of its binding comes. */
const endingAtOnce = (client: Client["Service"]): Client["Service"] => ({
  ...client,
  patch: (kind, key, request) =>
    Effect.tap(client.patch(kind, key, request), () =>
      Effect.gen(function* () {
        const found = yield* client.get(Sandbox, key)
        const ended = { name: "main", state: { terminated: { exitCode: 0 } } }
        yield* client.updateStatus(Sandbox, {
          ...found,
          status: { ...found.status, containerStatuses: [ended] },
        })
        yield* settle
      }),
    ),
})

const addNode = Effect.fnUntraced(function* (client: Client["Service"], name: string, memory: string) {
  const node = yield* client.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name } })
  const conditions = [{ type: "Ready", status: "True" as const }]
  return yield* client.updateStatus(Node, {
    ...node,
    status: { allocatable: { memory, cpu: "8" }, conditions },
  })
})

const sandbox = (name: string, memory: string): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name, namespace: "default" },
  spec: { containers: [{ name: "main", image: "busybox", resources: { requests: { memory } } }] },
})

const read = (client: Client["Service"], name: string) => client.get(Sandbox, { namespace: "default", name })

const reasonOf = ({ status }: Sandbox): string | undefined =>
  status?.conditions?.find(({ type }) => type === "Scheduled")?.reason

describe("the scheduler", () => {
  it.effect("never gives the same room twice, though it has not seen its own bindings yet", () =>
    Effect.gen(function* () {
      const client = yield* started
      yield* addNode(client, "a", "3Gi")
      yield* addNode(client, "b", "2Gi")
      for (const name of ["1", "2", "3", "4", "5", "6", "7"])
        yield* client.create(Sandbox, sandbox(name, "1Gi"))
      yield* settle
      const { items } = yield* client.list(Sandbox)
      const nodes = items.map(({ spec }) => spec.nodeName ?? "none")
      expect(nodes.toSorted()).toEqual(["a", "a", "a", "b", "b", "none", "none"])
    }),
  )

  it.effect("does not give away again what it may have given, when the answer was lost", () =>
    Effect.gen(function* () {
      const client = yield* startedWith(losingTheFirstAnswer)
      for (const name of ["1", "2"]) yield* client.create(Sandbox, sandbox(name, "1Gi"))
      yield* settle
      yield* addNode(client, "a", "1Gi")
      yield* settle
      yield* pass(70)
      const { items } = yield* client.list(Sandbox)
      expect(items.map(({ spec }) => spec.nodeName ?? "none").toSorted()).toEqual(["a", "none"])
    }),
  )

  it.effect("gives the room of one that ended before the answer of its binding came", () =>
    Effect.gen(function* () {
      const client = yield* startedWith(endingAtOnce)
      yield* addNode(client, "a", "1Gi")
      for (const name of ["1", "2"]) yield* client.create(Sandbox, sandbox(name, "1Gi"))
      yield* pass(70)
      const { items } = yield* client.list(Sandbox)
      expect(items.map(({ spec }) => spec.nodeName ?? "none")).toEqual(["a", "a"])
    }),
  )

  it.effect("tells why a sandbox has no place, and places it when a node comes", () =>
    Effect.gen(function* () {
      const client = yield* started
      yield* client.create(Sandbox, sandbox("web", "2Gi"))
      yield* addNode(client, "small", "1Gi")
      yield* settle
      const waiting = yield* read(client, "web")
      expect(reasonOf(waiting)).toBe("Unschedulable")
      expect(waiting.status?.conditions?.[0]?.message).toBe("0 of 1 node fits: 1 insufficient memory")
      yield* addNode(client, "large", "4Gi")
      yield* settle
      expect((yield* read(client, "web")).spec.nodeName).toBe("large")
    }),
  )

  it.effect("gives the room of a sandbox that goes to one that waits", () =>
    Effect.gen(function* () {
      const client = yield* started
      yield* addNode(client, "a", "1Gi")
      yield* client.create(Sandbox, sandbox("first", "1Gi"))
      yield* settle
      yield* client.create(Sandbox, sandbox("second", "1Gi"))
      yield* settle
      expect((yield* read(client, "second")).spec.nodeName).toBeUndefined()
      yield* client.delete(Sandbox, { namespace: "default", name: "first" })
      yield* settle
      expect((yield* read(client, "second")).spec.nodeName).toBe("a")
    }),
  )

  it.effect("does not write the same refusal again", () =>
    Effect.gen(function* () {
      const client = yield* started
      yield* client.create(Sandbox, sandbox("web", "1Gi"))
      yield* settle
      const before = yield* read(client, "web")
      expect(reasonOf(before)).toBe("Unschedulable")
      yield* pass(180)
      expect((yield* read(client, "web")).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    }),
  )
})
