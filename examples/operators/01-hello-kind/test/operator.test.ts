/** The operator against a whole API server in this process: garbage collection and all. Time stands still until it is moved. */
import { startMemoryServer } from "miren/daemon"
import { isConditionTrue } from "miren/reconciler"
import { ConfigMap } from "miren/schemas"
import { expect, onTestFinished, test } from "vitest"
import { Greeting } from "../src/generated/greeting.gen.ts"
import { operator } from "../src/operator.ts"

const crds = [new URL("../crds/greeting.yaml", import.meta.url)]
const key = { namespace: "default", name: "hi" }
const page = { namespace: "default", name: "hi-page" }

const start = async () => {
  const server = await startMemoryServer({ crds, clock: "test" })
  onTestFinished(server.close)
  await server.start(operator)
  await server.client.create(Greeting, {
    apiVersion: "example.com/v1",
    kind: "Greeting",
    metadata: { name: "hi", namespace: "default" },
    spec: { text: "Hello" },
  })
  await server.settle()
  return server
}

test("a greeting gets its page, and says that it is ready", async () => {
  const { client } = await start()
  expect((await client.get(ConfigMap, page)).data).toEqual({ text: "Hello" })
  const greeting = await client.get(Greeting, key)
  expect(isConditionTrue(greeting.status?.conditions, "Ready")).toBe(true)
})

test("a page follows its greeting, comes back when somebody deletes it, and goes with it", async () => {
  const { client, settle } = await start()
  await client.patch(Greeting, key, { patch: { type: "merge", value: { spec: { text: "Bye" } } } })
  await settle()
  expect((await client.get(ConfigMap, page)).data).toEqual({ text: "Bye" })
  await client.delete(ConfigMap, page)
  await settle()
  expect((await client.get(ConfigMap, page)).data).toEqual({ text: "Bye" })
  await client.delete(Greeting, key)
  await settle()
  await expect(client.get(ConfigMap, page)).rejects.toMatchObject({ reason: "NotFound" })
})
