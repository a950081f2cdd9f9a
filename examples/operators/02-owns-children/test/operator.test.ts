import { loadDefinitions, startMemoryServer } from "miren/daemon"
import { renderFailure, simulatePromise } from "miren/reconciler/simulation"
import { ConfigMap } from "miren/schemas"
import { expect, onTestFinished, test } from "vitest"
import { Crew } from "../src/generated/crew.gen.ts"
import { operator } from "../src/operator.ts"
import { crew, crewsComeAndGo } from "./scenario.ts"

const crds = [new URL("../crds/crew.yaml", import.meta.url)]
const key = { namespace: "default", name: "a" }

test("a crew has as many seats as it says, whatever happens to them, and they go with it", async () => {
  const { client, settle, start, close } = await startMemoryServer({ crds, clock: "test" })
  onTestFinished(close)
  await start(operator)
  const seats = async () => (await client.list(ConfigMap)).items.map(({ metadata }) => metadata.name)
  await client.create(Crew, crew("a", 3))
  await settle()
  expect(await seats()).toEqual(["a-0", "a-1", "a-2"])
  expect((await client.get(Crew, key)).status).toMatchObject({ seats: 3, conditions: [{ status: "True" }] })
  await client.delete(ConfigMap, { namespace: "default", name: "a-1" })
  await client.patch(Crew, key, { patch: { type: "merge", value: { spec: { size: 2 } } } })
  await settle()
  expect(await seats()).toEqual(["a-0", "a-1"])
  await client.delete(Crew, key)
  await settle()
  expect(await seats()).toEqual([])
})

test("it converges whatever goes wrong", async () => {
  const scenario = crewsComeAndGo(await loadDefinitions(crds))
  const { failures } = await simulatePromise([{ name: "crew-operator", run: operator }], scenario, {
    seeds: 5,
  })
  expect(failures.map(renderFailure).join("\n")).toBe("")
}, 120_000)
