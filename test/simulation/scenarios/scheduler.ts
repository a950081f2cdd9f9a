/** The scheduler, while nodes come, go, are cordoned and fall silent, and Sandboxes are made, end, and are deleted. */
import { Context, Effect, Layer } from "effect"
import { Client } from "../../../client/index.ts"
import { schedulerController } from "../../../controllers/index.ts"
import { keyOf, Manager, mutate } from "../../../reconciler/index.ts"
import { Node, Sandbox } from "../../../schemas/index.ts"
import type { Chance, Invariant, Program, Scenario } from "../../../simulation/index.ts"
import { simulation } from "../simulation.ts"

const namespace = "default"
const nodeNames = ["n1", "n2"] as const
const names = ["a", "b", "c", "d", "e", "f"] as const
/** Of each node, in cores. */
const CORES = 4

/** Where each Sandbox was first bound to, by its uid. */
class Bindings extends Context.Service<Bindings, Map<string, string>>()("test/simulation/Bindings") {}

const bindings = Layer.effect(
  Bindings,
  Effect.sync(() => new Map<string, string>()),
)

const sandbox = (name: string, cpu: number): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { namespace, name },
  spec: { containers: [{ name: "main", image: "busybox", resources: { requests: { cpu: String(cpu) } } }] },
})

const sayReady = (name: string, isReady: boolean) => {
  const conditions = [{ type: "Ready", status: isReady ? ("True" as const) : ("Unknown" as const) }]
  const allocatable = { cpu: String(CORES) }
  return mutate({
    kind: Node,
    key: { namespace: "", name },
    subresource: "status",
    change: (node) => ({ ...node, status: { ...node.status, allocatable, conditions } }),
  })
}

const createNode = (name: string) =>
  Effect.gen(function* () {
    const client = yield* Client
    yield* client.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name }, spec: {} })
    yield* sayReady(name, true)
  })

/** As its runner says. */
const endSandbox = (name: string) =>
  mutate({
    kind: Sandbox,
    key: { namespace, name },
    subresource: "status",
    change: (found) => {
      if (!isBound(found)) return found
      const ended = { name: "main", state: { terminated: { exitCode: 0 } } }
      return { ...found, status: { ...found.status, containerStatuses: [ended] } }
    },
  })

const act = (client: Client["Service"], chance: Chance) => {
  const name = chance.of(names)
  const nodeName = chance.of(nodeNames)
  const node = { namespace: "", name: nodeName }
  const create = () => client.create(Sandbox, sandbox(name, 1 + chance.below(3)))
  const cordon = () => {
    const value = { spec: { unschedulable: chance.strikes(0.5) } }
    return client.patch(Node, node, { patch: { type: "merge", value } })
  }
  return chance.of<() => Effect.Effect<unknown, unknown, Client>>([
    create,
    create,
    create,
    create,
    () => client.delete(Sandbox, { namespace, name }),
    () => endSandbox(name),
    () => createNode(nodeName),
    () => createNode(nodeName),
    cordon,
    () => sayReady(nodeName, chance.strikes(0.7)),
    () => removeNode(nodeName),
  ])()
}

/** With all that was bound to it, as its operator does. */
const removeNode = (nodeName: string) =>
  Effect.gen(function* () {
    const client = yield* Client
    yield* client.delete(Node, { namespace: "", name: nodeName })
    const { items } = yield* client.list(Sandbox)
    for (const each of items) if (each.spec.nodeName === nodeName) yield* client.delete(Sandbox, keyOf(each))
  })

const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  for (let step = 0; step < 30; step++) {
    yield* Effect.ignore(act(client, chance))
    yield* Effect.sleep(chance.of([1, 10, 500, 10_000]))
  }
})

const isBound = ({ spec }: Sandbox): boolean => spec.nodeName !== undefined && spec.nodeName !== ""
const cpuOf = ({ spec }: Sandbox): number => Number(spec.containers[0]?.resources?.requests?.cpu ?? 0)
const hasEnded = ({ status }: Sandbox): boolean =>
  status?.containerStatuses?.[0]?.state?.terminated !== undefined

const takenOf = (nodeName: string, sandboxes: ReadonlyArray<Sandbox>): number =>
  sandboxes
    .filter((each) => each.spec.nodeName === nodeName && !hasEnded(each))
    .reduce((sum, each) => sum + cpuOf(each), 0)

const neverTooMuch: Invariant<Bindings> = {
  name: "what is set aside on a node is never more than it has",
  always: ({ list }) => {
    const sandboxes = list(Sandbox)
    const full = nodeNames.find((nodeName) => takenOf(nodeName, sandboxes) > CORES)
    if (full === undefined) return undefined
    const there = sandboxes.filter((each) => each.spec.nodeName === full && !hasEnded(each))
    return `${full} has ${CORES}: ${there.map((each) => `${each.metadata.name} takes ${cpuOf(each)}`).join(", ")}`
  },
}

const boundOnce: Invariant<Bindings> = {
  name: "a Sandbox that is bound stays where it is bound",
  always: ({ list, environment }) => {
    const known = Context.get(environment, Bindings)
    for (const each of list(Sandbox)) {
      const { uid = "", name } = each.metadata
      const before = known.get(uid)
      if (before !== undefined && before !== each.spec.nodeName) {
        return `${name} was bound to ${before}, and is bound to ${each.spec.nodeName ?? "none"}`
      }
      if (isBound(each)) known.set(uid, each.spec.nodeName ?? "")
    }
    return undefined
  },
}

const isOpen = ({ metadata, spec, status }: Node): boolean =>
  metadata.deletionTimestamp === undefined &&
  spec?.unschedulable !== true &&
  status?.conditions?.find(({ type }) => type === "Ready")?.status === "True"

const nobodyWaitsForNothing: Invariant<Bindings> = {
  name: "a Sandbox waits only while no node has room for it, and says so",
  eventually: ({ list }) => {
    const sandboxes = list(Sandbox)
    const open = list(Node).filter(isOpen)
    for (const each of sandboxes.filter((found) => !isBound(found))) {
      const { name } = each.metadata
      const room = open.find(({ metadata }) => takenOf(metadata.name, sandboxes) + cpuOf(each) <= CORES)
      if (room !== undefined) return `${name} waits, and ${room.metadata.name} has room for it`
      const told = each.status?.conditions?.find(({ type }) => type === "Scheduled")
      if (told?.status !== "False") return `${name} waits, and does not say why`
    }
    return undefined
  },
}

const programs: ReadonlyArray<Program<Bindings>> = [
  {
    name: "scheduler",
    run: Effect.flatMap(schedulerController, (scheduler) => Manager.start({ controllers: [scheduler] })),
  },
]

const scenario: Scenario<Bindings> = {
  name: "scheduler",
  environment: bindings,
  users,
  // Nobody runs them: a Sandbox that was refused and then bound has no runner to say anew how it is.
  waive: ["generation observed"],
  invariants: [neverTooMuch, boundOnce, nobodyWaitsForNothing],
  platform: false,
}

export const main = simulation(programs, scenario)
