import { loadDefinitions, startMemoryServer } from "miren/daemon"
import { renderFailure, simulatePromise } from "miren/reconciler/simulation"
import { ConfigMap, Lease } from "miren/schemas"
import { expect, onTestFinished, test } from "vitest"
import { Crew } from "../../02-owns-children/src/generated/crew.gen.ts"
import { crew, crewsComeAndGo } from "../../02-owns-children/test/scenario.ts"
import { operator, replica } from "../src/operator.ts"

const crds = [new URL("../crds/crew.yaml", import.meta.url)]
const lease = { namespace: "default", name: "crew-operator" }

test("one replica works, and the other goes on where it ended", async () => {
  const { client, settle, advance, start, close } = await startMemoryServer({ crds, clock: "test" })
  onTestFinished(close)
  const seats = async () => (await client.list(ConfigMap)).items.length
  const holder = async () => (await client.get(Lease, lease)).spec?.holderIdentity
  const one = await start(replica("one"))
  await start(replica("two"))
  await client.create(Crew, crew("a", 2))
  await settle()
  expect([await holder(), await seats()]).toEqual(["one", 2])
  await one.stop()
  await client.create(Crew, crew("b", 3))
  await advance("30 seconds")
  expect([await holder(), await seats()]).toEqual(["two", 5])
})

test("replicas that are killed at any point, with clocks that disagree, do no harm together", async () => {
  const scenario = crewsComeAndGo(await loadDefinitions(crds))
  const program = { name: "crew-operator", run: operator, replicas: 2 }
  const { failures } = await simulatePromise([program], scenario, { seeds: Number(process.env.SEEDS ?? 5) })
  expect(failures.map(renderFailure).join("\n")).toBe("")
}, 120_000)
