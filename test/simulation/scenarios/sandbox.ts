/** The main scenario: users who change their minds about Sandboxes, the scheduler that places them, the runner that runs them. */
import { Context, Effect, Layer } from "effect"
import { Client } from "../../../client/index.ts"
import { runNode, runSandboxes, schedulerController } from "../../../controllers/index.ts"
import { Manager } from "../../../reconciler/index.ts"
import {
  type FakeOperation,
  FakeWorld,
  fakeRuntimeLayer,
  type RuntimeErrorReason,
  SandboxRuntime,
} from "../../../runtime-shim/index.ts"
import { Sandbox } from "../../../schemas/index.ts"
import type { Chance, Invariant, Program, Scenario } from "../../../simulation/index.ts"
import { machineFacts } from "../machine-facts.ts"
import { simulation } from "../simulation.ts"

/** The machine under the runtime: what really runs. */
class Machine extends Context.Service<Machine, FakeWorld>()("test/simulation/Machine") {}

type Env = Machine | SandboxRuntime

const nodeName = "n1"
const machine = machineFacts(nodeName)
const namespace = "default"
const names = ["a", "b", "c"] as const

const operations = [
  "ensureImage",
  "create",
  "start",
  "stop",
  "remove",
  "status",
  "list",
] as const satisfies ReadonlyArray<FakeOperation>
const reasons = [
  "ImagePullFailed",
  "NetworkFailed",
  "StartFailed",
  "Unavailable",
  "DeadlineExceeded",
  "Unknown",
] as const satisfies ReadonlyArray<RuntimeErrorReason>

const environment: Layer.Layer<Env> = Layer.unwrap(
  Effect.sync(() => {
    const machine = new FakeWorld()
    return Layer.merge(Layer.succeed(Machine, machine), fakeRuntimeLayer({ world: machine }))
  }),
)

const sandbox = (name: string, argument: string): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { namespace, name },
  spec: { containers: [{ name: "main", image: "busybox", command: ["serve", argument] }] },
})

/** What a user may do at any time. */
const act = (client: Client["Service"], chance: Chance): Effect.Effect<unknown, unknown> => {
  const name = chance.of(names)
  const argument = String(chance.below(4))
  const value = { spec: { containers: [{ name: "main", image: "busybox", command: ["serve", argument] }] } }
  return chance.of<() => Effect.Effect<unknown, unknown>>([
    () => client.create(Sandbox, sandbox(name, argument)),
    () => client.patch(Sandbox, { namespace, name }, { patch: { type: "merge", value } }),
    () => client.delete(Sandbox, { namespace, name }),
  ])()
}

const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  for (let step = 0; step < 12; step++) {
    yield* Effect.ignore(act(client, chance))
    yield* Effect.sleep(chance.of([5, 100, 3_000, 20_000]))
  }
})

const mishaps = Effect.fnUntraced(function* (chance: Chance) {
  const machine = yield* Machine
  const running = [...machine.sandboxes.keys()]
  const [first, ...others] = running
  if (first !== undefined && chance.strikes(0.5)) {
    return yield* machine.exit(chance.of([first, ...others]), {
      exitCode: chance.below(2),
      oomKilled: chance.strikes(0.2),
    })
  }
  machine.fail({
    operation: chance.of(operations),
    reason: chance.of(reasons),
    times: 1 + chance.below(3),
    leavesPartial: chance.strikes(0.5),
    takesEffect: chance.strikes(0.25),
  })
})

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1)

const runsOnce: Invariant<Env> = {
  name: "each Sandbox runs what it says, once, and nothing else runs",
  eventually: ({ list, environment: found }) => {
    const wanted = list(Sandbox).map(({ metadata, spec, status }) => ({
      name: metadata.name,
      id: status?.runtime?.sandboxID,
      command: spec.containers[0]?.command,
      ready: status?.conditions?.find(({ type }) => type === "Ready")?.reason,
    }))
    const running = [...Context.get(found, Machine).sandboxes.values()].map(({ spec, exited, partial }) => ({
      name: spec.hostname,
      id: spec.id,
      command: spec.containers[0].command,
      ready: exited === undefined && !partial ? "Running" : "Ended",
    }))
    const [told, run] = [wanted.toSorted(byName), running.toSorted(byName)].map((each) =>
      JSON.stringify(each),
    )
    return told === run ? undefined : `the objects say ${told}, the machine runs ${run}`
  },
}

const nothingLeft: Invariant<Env> = {
  name: "what is deleted leaves nothing on the machine",
  eventually: ({ list, environment: found }) => {
    const left = [...Context.get(found, Machine).sandboxes.keys()]
    const objects = list(Sandbox).map(({ metadata }) => metadata.name)
    return left.length + objects.length === 0 ? undefined : `left: ${[...left, ...objects].join(", ")}`
  },
}

const programs: ReadonlyArray<Program<Env>> = [
  {
    name: "scheduler",
    run: Effect.flatMap(schedulerController, (scheduler) => Manager.start({ controllers: [scheduler] })),
  },
  {
    name: "runner",
    run: Effect.andThen(
      runNode({ nodeName, address: "127.0.0.1", port: 1, version: "v1", machine }),
      runSandboxes({ nodeName, grace: 0 }),
    ),
  },
]

const scenario: Scenario<Env> = {
  name: "sandbox",
  // Nothing here is owned, and no namespace goes: the platform would only watch.
  platform: false,
  environment,
  actions: [{ service: SandboxRuntime, methods: ["ensureImage", "create", "start", "stop", "remove"] }],
  users,
  mishaps,
  heal: Effect.flatMap(Machine, (machine) => Effect.sync(() => machine.heal())),
  invariants: [runsOnce],
  afterwards: [
    {
      users: () =>
        Effect.flatMap(Client, (client) =>
          Effect.forEach(names, (name) => Effect.ignore(client.delete(Sandbox, { namespace, name }))),
        ),
      invariants: [nothingLeft],
    },
  ],
}

export const main = simulation(programs, scenario)
