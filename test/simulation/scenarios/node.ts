/** Machines that are cut off, come back and are taken away: what becomes of their Nodes and of the Sandboxes on them. */
import { Context, Effect, Layer } from "effect"
import { Client } from "../../../client/index.ts"
import { nodeController, runNode, runSandboxes, SANDBOX_FINALIZER } from "../../../controllers/index.ts"
import { Manager } from "../../../reconciler/index.ts"
import { FakeWorld, fakeRuntimeLayer, SandboxRuntime } from "../../../runtime-shim/index.ts"
import { type Condition, Node, Sandbox } from "../../../schemas/index.ts"
import type { Chance, Invariant, Observed, Program, Scenario } from "../../../simulation/index.ts"
import { machineFacts } from "../machine-facts.ts"
import { simulation } from "../simulation.ts"

/** The first has a machine, whose runner is heard as long as it is linked. The second is only a Node: nobody has ever heard of it. */
const nodeNames = ["n1", "n2"] as const
const [nodeName, silentName] = nodeNames
const namespace = "default"
const names = ["a", "b", "c", "d"] as const

interface Cable {
  isLinked: boolean
}

class Machine extends Context.Service<Machine, FakeWorld>()("test/simulation/NodeMachine") {}
class Link extends Context.Service<Link, Cable>()("test/simulation/Link") {}

type Env = Machine | Link | SandboxRuntime

const environment: Layer.Layer<Env> = Layer.unwrap(
  Effect.sync(() => {
    const machine = new FakeWorld()
    return Layer.mergeAll(
      Layer.succeed(Machine, machine),
      Layer.succeed(Link, { isLinked: true }),
      fakeRuntimeLayer({ world: machine }),
    )
  }),
)

const linkIs = (isLinked: boolean) =>
  Effect.flatMap(Link, (link) =>
    Effect.sync(() => link.isLinked === isLinked).pipe(
      Effect.tap((is) => (is ? Effect.void : Effect.sleep("2 seconds"))),
      Effect.repeat({ until: (is) => is }),
    ),
  )

const switchTo = (isLinked: boolean) =>
  Effect.flatMap(Link, (link) =>
    Effect.sync(() => {
      link.isLinked = isLinked
    }),
  )

/** Bound by hand. Of the second node none runs, but each looks as if it had. */
const sandbox = (name: string, bound: string): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { namespace, name, ...(bound === silentName ? { finalizers: [SANDBOX_FINALIZER] } : {}) },
  spec: { nodeName: bound, containers: [{ name: "main", image: "busybox", command: ["serve"] }] },
})

const createNode = (name: string) =>
  Effect.flatMap(Client, (client) =>
    client.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name }, spec: {} }),
  )

const deleteNode = (name: string) =>
  Effect.flatMap(Client, (client) => client.delete(Node, { namespace: "", name }))

const act = (client: Client["Service"], chance: Chance): Effect.Effect<unknown, unknown, Client | Link> => {
  const name = chance.of(names)
  const create = () => client.create(Sandbox, sandbox(name, chance.of(nodeNames)))
  return chance.of<() => Effect.Effect<unknown, unknown, Client | Link>>([
    create,
    create,
    create,
    () => client.delete(Sandbox, { namespace, name }),
    () => createNode(silentName),
    () => deleteNode(chance.of(nodeNames)),
    () => switchTo(false),
    () => switchTo(true),
  ])()
}

/** A Sandbox that is to go waits for its node: somebody sees to it that the node comes back, or is given up. */
const leaveNoneWaiting = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  const { isLinked } = yield* Link
  const { items } = yield* client.list(Sandbox)
  const waiting = new Set(
    items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(({ spec }) => spec.nodeName),
  )
  if (waiting.has(silentName)) yield* Effect.ignore(deleteNode(silentName))
  if (isLinked || !waiting.has(nodeName)) return
  yield* chance.strikes(0.5) ? switchTo(true) : Effect.ignore(deleteNode(nodeName))
})

const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  for (let step = 0; step < 10; step++) {
    yield* Effect.ignore(act(client, chance))
    yield* Effect.sleep(chance.of([5, 1_000, 20_000, 50_000]))
  }
  yield* Effect.ignore(leaveNoneWaiting(chance))
})

const readyOf = (
  conditions: ReadonlyArray<Pick<Condition, "type" | "status"> & { readonly reason?: string }> | undefined,
): string => {
  const ready = conditions?.find(({ type }) => type === "Ready")
  return ready === undefined ? "nothing" : `${ready.status} ${ready.reason}`
}

const isHeard = ({ environment: found }: Observed<Env>): boolean => Context.get(found, Link).isLinked

const silenceIsTold: Invariant<Env> = {
  name: "a Node whose runner is heard is Ready, and of one that is silent nothing is known",
  eventually: (state) => {
    for (const { metadata, status } of state.list(Node)) {
      const wanted =
        metadata.name === nodeName && isHeard(state) ? "True RunnerReady" : "Unknown NodeStatusUnknown"
      const told = readyOf(status?.conditions)
      if (told !== wanted) return `${metadata.name} says ${told}, not ${wanted}`
    }
    const isMissing = isHeard(state) && !state.list(Node).some(({ metadata }) => metadata.name === nodeName)
    return isMissing ? `${nodeName} is heard, and has no Node` : undefined
  },
}

const sandboxesFollow: Invariant<Env> = {
  name: "a Sandbox says what is known of it: that it runs, or that its node is silent, or gone",
  eventually: (state) => {
    const there = new Set(state.list(Node).map(({ metadata }) => metadata.name))
    for (const { metadata, spec, status } of state.list(Sandbox)) {
      const { nodeName: bound = "" } = spec
      const lost = there.has(bound) ? "Unknown NodeLost" : "Unknown NodeNotFound"
      const wanted = bound === nodeName && isHeard(state) ? "True Running" : lost
      const told = readyOf(status?.conditions)
      if (told !== wanted) return `${metadata.name} on ${bound} says ${told}, not ${wanted}`
    }
    return undefined
  },
}

const machineFollows: Invariant<Env> = {
  name: "a machine that is heard runs its Sandboxes and nothing else",
  eventually: (state) => {
    if (!isHeard(state)) return undefined
    const machine = Context.get(state.environment, Machine)
    const running = [...machine.sandboxes.values()].map(({ spec }) => spec.hostname).sort()
    const wanted = state
      .list(Sandbox)
      .filter(({ spec }) => spec.nodeName === nodeName)
      .map(({ metadata }) => metadata.name)
      .sort()
    return running.join() === wanted.join()
      ? undefined
      : `the objects say ${wanted.join(", ")}, the machine runs ${running.join(", ")}`
  },
}

const nothingLeft: Invariant<Env> = {
  name: "what is deleted leaves nothing in the API, nor on the machine",
  eventually: ({ list, environment: found }) => {
    const left = [...Context.get(found, Machine).sandboxes.keys()]
    const objects = list(Sandbox).map(({ metadata }) => metadata.name)
    return left.length + objects.length === 0 ? undefined : `left: ${[...left, ...objects].join(", ")}`
  },
}

/** It ends when it is cut off, and waits to be linked again; what runs on the machine runs on. */
const runner: Program<Env> = {
  name: "runner",
  run: Effect.gen(function* () {
    yield* linkIs(true)
    yield* runNode({
      nodeName,
      address: "127.0.0.1",
      port: 1,
      version: "v1",
      machine: machineFacts(nodeName),
    })
    yield* runSandboxes({ nodeName, grace: 0 })
    yield* linkIs(false)
    return yield* Effect.fail(new Error("cut off"))
  }),
}

const programs: ReadonlyArray<Program<Env>> = [
  runner,
  {
    name: "lifecycle",
    run: Effect.flatMap(nodeController, (controller) => Manager.start({ controllers: [controller] })),
  },
]

const invariants = [silenceIsTold, sandboxesFollow, machineFollows]

const scenario: Scenario<Env> = {
  name: "node",
  environment,
  actions: [{ service: SandboxRuntime, methods: ["ensureImage", "create", "start", "stop", "remove"] }],
  users,
  invariants,
  // Nobody is heard of: a Sandbox that was changed meanwhile speaks of the generation at which it was last seen.
  waive: ["generation observed"],
  platform: false,
  afterwards: [
    {
      users: () =>
        Effect.gen(function* () {
          const client = yield* Client
          yield* switchTo(true)
          yield* Effect.ignore(deleteNode(silentName))
          for (const name of names) yield* Effect.ignore(client.delete(Sandbox, { namespace, name }))
        }),
      invariants: [...invariants, nothingLeft],
    },
  ],
}

export const main = simulation(programs, scenario)
