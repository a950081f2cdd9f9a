/**
 * An API server to be killed: over the etcd at the address in its first argument it applies and prunes one set again and
 * again, and prints the number and the revision of each transaction that was answered. The second argument is the first
 * number.
 */
import { writeSync } from "node:fs"
import { Effect } from "effect"
import { ApiServer } from "../../apiserver/index.ts"
import { definitions } from "../../schemas/index.ts"
import { makeEtcdStore } from "../../store/index.ts"

const [, , endpoint = "", first = "1"] = process.argv
const objects = 10

const configMap = (name: string, number: number) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data: { number: String(number) },
})

/** Ten that stay and change, and ten that the next transaction prunes. */
const transaction = (number: number) => ({
  spec: {
    fieldManager: "doomed",
    prune: "doomed",
    objects: Array.from({ length: objects }, (_, n) => [
      configMap(`stays-${n}`, number),
      configMap(`goes-${number}-${n}`, number),
    ]).flat(),
  },
})

const program = Effect.gen(function* () {
  const store = yield* Effect.promise(() => makeEtcdStore({ endpoints: [endpoint] }))
  const server = yield* ApiServer.make({ store, definitions })
  yield* server.ready
  const transport = server.inProcess({ name: "admin", groups: ["system:masters"] })
  for (let number = Number(first); ; number++) {
    const text = yield* Effect.promise(async () => {
      const { body } = await transport.request({
        method: "POST",
        path: "/apis/meta.miren.dev/v1alpha1/transactions",
        headers: { "content-type": "application/json" },
        body: Buffer.from(JSON.stringify(transaction(number))),
      })
      const chunks: Uint8Array[] = []
      for await (const chunk of body) chunks.push(chunk)
      return Buffer.concat(chunks).toString("utf8")
    })
    const { status } = JSON.parse(text)
    if (status?.resourceVersion === undefined) throw new Error(text)
    writeSync(1, `${number} ${status.resourceVersion}\n`)
  }
})

await Effect.runPromise(Effect.scoped(program))
