import { Effect } from "effect"
import { Client, clientLayer, httpsTransport, loadKubeconfig } from "miren/client"
import { expect, onTestFinished, test } from "vitest"
import { Sum } from "../src/generated/sum.gen.ts"
import { startAdder } from "../src/program.ts"

const sum = (numbers: ReadonlyArray<number>): Sum => ({
  apiVersion: "examples.miren.dev/v1",
  kind: "Sum",
  metadata: { name: "s", namespace: "default" },
  spec: { numbers },
})

test("the program adds up for itself, and for those who come over its port", async () => {
  const server = await startAdder()
  onTestFinished(server.close)
  const { kubeconfigFile } = await server.listen()
  const transport = httpsTransport(await loadKubeconfig({ kubeconfig: kubeconfigFile }))
  onTestFinished(() => transport.close())
  const outside = Effect.flatMap(Client, (client) => client.create(Sum, sum([1, 2, 3])))
  await Effect.runPromise(Effect.provide(outside, clientLayer(transport)))
  await server.settle()
  const key = { namespace: "default", name: "s" }
  expect((await server.client.get(Sum, key)).status).toEqual({ total: 6 })
  await server.client.patch(Sum, key, { patch: { type: "merge", value: { spec: { numbers: [5] } } } })
  await server.settle()
  expect((await server.client.get(Sum, key)).status).toEqual({ total: 5 })
})
