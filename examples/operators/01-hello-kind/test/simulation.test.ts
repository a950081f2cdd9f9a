/** The operator while everything goes wrong: crashes, conflicts, stale caches, lost watches. Each seed is a run that replays. */
import { Effect } from "effect"
import { Client } from "miren/client"
import { loadDefinitions } from "miren/daemon"
import { renderFailure, type Scenario, simulatePromise } from "miren/reconciler/simulation"
import { ConfigMap } from "miren/schemas"
import { expect, test } from "vitest"
import { Greeting } from "../src/generated/greeting.gen.ts"
import { operator } from "../src/operator.ts"

const greeting = (name: string, text: string): Greeting => ({
  apiVersion: "example.com/v1",
  kind: "Greeting",
  metadata: { name, namespace: "default" },
  spec: { text },
})

const scenario: Scenario = {
  name: "greetings come, change and go",
  definitions: await loadDefinitions([new URL("../crds/greeting.yaml", import.meta.url)]),
  users: (chance) =>
    Effect.gen(function* () {
      const client = yield* Client
      for (const name of ["a", "b", "c"]) {
        yield* client.create(Greeting, greeting(name, "Hello"))
        yield* Effect.sleep(chance.below(10_000))
      }
      const value = { spec: { text: chance.of(["Good morning", "Good night"]) } }
      yield* client.patch(Greeting, { namespace: "default", name: "a" }, { patch: { type: "merge", value } })
      yield* client.delete(Greeting, { namespace: "default", name: "b" })
    }),
  invariants: [
    {
      name: "at rest every greeting has its page, and there are no others",
      eventually: ({ list }) => {
        const pages = list(ConfigMap).map(({ metadata, data }) => `${metadata.name}: ${data?.text}`)
        const wanted = list(Greeting).map(({ metadata, spec }) => `${metadata.name}-page: ${spec.text}`)
        return pages.sort().join() === wanted.sort().join() ? undefined : `pages are ${pages.join(", ")}`
      },
    },
  ],
}

test("it converges whatever happens on the way", async () => {
  const seeds = Number(process.env.SEEDS ?? 10)
  const report = await simulatePromise([{ name: "my-operator", run: operator }], scenario, { seeds })
  expect(report.failures.map(renderFailure).join("\n\n")).toBe("")
  expect(report.runs).toBe(seeds)
}, 300_000)
