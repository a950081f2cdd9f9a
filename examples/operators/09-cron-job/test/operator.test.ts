import { Effect } from "effect"
import { Client, clientLayer } from "miren/client"
import { loadDefinitions, startMemoryServer } from "miren/daemon"
import { renderFailure, type Scenario, simulatePromise } from "miren/reconciler/simulation"
import { Sandbox } from "miren/schemas"
import { expect, onTestFinished, test } from "vitest"
import { CronSandbox } from "../src/generated/cronsandbox.gen.ts"
import { operator } from "../src/operator.ts"
import { outcomeOf } from "../src/plan.ts"
import { cronSandbox, endAll } from "./cron-sandbox.ts"

const crds = [new URL("../crds/cronsandbox.yaml", import.meta.url)]
const key = { namespace: "default", name: "job" }

test("an hour of runs: each in its time, ended ones kept as far as asked, and all gone with it", async () => {
  const server = await startMemoryServer({ crds, clock: "test" })
  onTestFinished(server.close)
  const { client, advance, settle } = server
  await server.start(operator)
  await client.create(CronSandbox, cronSandbox({ schedule: "*/10 * * * *", successfulHistoryLimit: 2 }))
  for (let run = 0; run < 6; run += 1) {
    await advance("10 minutes")
    await Effect.runPromise(Effect.provide(endAll(0), clientLayer(server.transport())))
  }
  await settle()
  const names = (await client.list(Sandbox)).items.map(({ metadata }) => metadata.name)
  expect(names).toEqual(["job-50", "job-60"])
  const { status } = await client.get(CronSandbox, key)
  expect(status).toMatchObject({ lastScheduleTime: "1970-01-01T01:00:00Z", active: [] })
  await client.delete(CronSandbox, key)
  await settle()
  expect((await client.list(Sandbox)).items).toEqual([])
}, 60_000)

const scenario = async (): Promise<Scenario> => ({
  name: "a job each minute that may not run beside itself",
  definitions: await loadDefinitions(crds),
  users: (chance) =>
    Effect.gen(function* () {
      const client = yield* Client
      yield* client.create(CronSandbox, cronSandbox({ concurrencyPolicy: "Forbid" }))
      for (let turn = 0; turn < 8; turn += 1) {
        yield* Effect.sleep(chance.below(90_000))
        yield* endAll(chance.below(2))
      }
      // A schedule never comes to rest by itself.
      const patch = { type: "merge", value: { spec: { suspend: true } } } as const
      yield* client.patch(CronSandbox, key, { patch })
      yield* Effect.sleep("1 minute")
      yield* endAll(0)
    }),
  invariants: [
    {
      name: "no run starts beside another",
      always: ({ list }) => {
        const running = list(Sandbox).filter((sandbox) => outcomeOf(sandbox) === "running")
        return running.length > 1
          ? `${running.map(({ metadata }) => metadata.name).join(", ")} run at once`
          : undefined
      },
    },
    {
      name: "what is kept of ended runs is what was asked for",
      eventually: ({ list }) => {
        const of = (outcome: string) =>
          list(Sandbox).filter((sandbox) => outcomeOf(sandbox) === outcome).length
        const [succeeded, failed] = [of("succeeded"), of("failed")]
        return succeeded <= 3 && failed <= 1 ? undefined : `${succeeded} succeeded and ${failed} failed`
      },
    },
  ],
})

test("no two runs at once, whatever goes wrong", async () => {
  const program = { name: "cron-sandbox-operator", run: operator }
  const { failures } = await simulatePromise([program], await scenario(), {
    seeds: Number(process.env.SEEDS ?? 5),
  })
  expect(failures.map(renderFailure).join("\n")).toBe("")
}, 120_000)
