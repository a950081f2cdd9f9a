/** A program with a whole API inside, in plain async code: clients hand in numbers, and read their sum. */
import { type StartedMemoryServer, startMemoryServer } from "miren/daemon"
import { Controller, Manager } from "miren/reconciler"
import { Sum } from "./generated/sum.gen.ts"

const adder = Controller.fromPromise({
  name: "adder",
  for: Sum,
  reconcile: async (request, { client, lister }) => {
    const sum = lister(Sum).get(request)
    if (sum === undefined) return
    const total = sum.spec.numbers.reduce((total, number) => total + number, 0)
    if (sum.status?.total === total) return
    await client.updateStatus(Sum, { ...sum, status: { total } }, { fieldManager: "adder" })
  },
})

/** The server with the controller in it. */
export const startAdder = async (): Promise<StartedMemoryServer> => {
  const server = await startMemoryServer({ crds: [new URL("../crds/sum.yaml", import.meta.url)] })
  await server.start(Manager.start({ controllers: [adder] }))
  return server
}

if (import.meta.main) {
  const server = await startAdder()
  const { kubeconfigFile } = await server.listen()
  console.log(`ready: export KUBECONFIG=${kubeconfigFile}`)
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void server.close())
}
