/**
 * An unmodified @kubernetes/client-node informer, as a program (it runs inside the world's network namespace):
 * prints a JSON line for each event, and does what its standard input says: `create N`, `patch NAME SIZE`, `delete NAME`.
 */
import { createInterface } from "node:readline"
import * as k8s from "@kubernetes/client-node"

const kubeConfig = new k8s.KubeConfig()
kubeConfig.loadFromFile(process.env.KUBECONFIG ?? "")
const objects = kubeConfig.makeApiClient(k8s.CustomObjectsApi)
const at = { group: "example.com", version: "v1", namespace: "default", plural: "widgets" }

interface Widget extends k8s.KubernetesObject {
  spec: { size: number }
}

const print = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const informer = k8s.makeInformer<Widget>(
  kubeConfig,
  "/apis/example.com/v1/namespaces/default/widgets",
  async () => (await objects.listNamespacedCustomObject(at)) as k8s.KubernetesListObject<Widget>,
)
for (const verb of ["add", "update", "delete"] as const) {
  informer.on(verb, (widget: Widget) => print({ verb, name: widget.metadata?.name, size: widget.spec.size }))
}
informer.on("error", (error: unknown) => print({ verb: "error", message: String(error) }))
await informer.start()
print({ verb: "started", items: informer.list().length })

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, name = "", size = "0"] = line.split(" ")
  if (verb === "create") {
    const body = {
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name },
      spec: { size: Number(size) },
    }
    await objects.createNamespacedCustomObject({ ...at, body })
  } else if (verb === "patch") {
    const body = [{ op: "replace", path: "/spec/size", value: Number(size) }]
    await objects.patchNamespacedCustomObject({ ...at, name, body })
  } else if (verb === "delete") {
    await objects.deleteNamespacedCustomObject({ ...at, name })
  } else {
    process.exit(0)
  }
}
process.exit(0)
