/**
 * What a program does through kubernetes-fluent-client: applies, reads, patches, deletes, and watches over a broken line.
 * `CLIENTS` is the folder that it is installed in. Prints what it saw as JSON.
 */
import { join } from "node:path"
import { pathToFileURL } from "node:url"

interface Gadget {
  readonly metadata: {
    readonly name: string
    readonly uid?: string
    readonly finalizers?: ReadonlyArray<string>
  }
  readonly spec: { readonly replicas: number; readonly colour?: string }
}

interface Watcher {
  readonly events: { readonly on: (event: string, listener: (detail: unknown) => void) => void }
  readonly start: () => Promise<AbortController>
  readonly close: () => void
}

interface Filtered {
  readonly Get: (name?: string) => Promise<Gadget & { readonly items: ReadonlyArray<Gadget> }>
  readonly Delete: (name: string) => Promise<void>
  readonly Finalize: (operation: "add" | "remove", finalizer: string, name: string) => Promise<void>
  readonly Watch: (seen: (gadget: Gadget, phase: string) => void, options: object) => Watcher
}

interface Fluent {
  readonly GenericKind: new () => object
  readonly RegisterKind: (model: unknown, kind: object) => void
  readonly K8s: (
    model: unknown,
    filters?: object,
  ) => Filtered & {
    readonly InNamespace: (namespace: string) => Filtered & {
      readonly WithLabel: (name: string, value: string) => Filtered
    }
    readonly Apply: (gadget: object, options?: object) => Promise<Gadget>
    readonly Create: (gadget: object) => Promise<Gadget>
    readonly Patch: (operations: ReadonlyArray<object>) => Promise<Gadget>
    readonly PatchStatus: (gadget: object) => Promise<Gadget>
  }
  readonly kind: { readonly ConfigMap: unknown; readonly Namespace: unknown }
}

const installed = join(process.env.CLIENTS ?? "", "node_modules/kubernetes-fluent-client/dist/index.js")
const { GenericKind, K8s, RegisterKind, kind }: Fluent = await import(pathToFileURL(installed).href)

class GadgetModel extends GenericKind {}
RegisterKind(GadgetModel, { group: "example.com", version: "v1", kind: "Gadget", plural: "gadgets" })

const named = (name: string, replicas: number) => ({
  metadata: { name, namespace: "default", labels: { app: "fluent" } },
  spec: { replicas },
})

const seen: Array<string> = []
const heard: Array<string> = []
const watcher = K8s(GadgetModel)
  .InNamespace("default")
  .WithLabel("app", "fluent")
  .Watch(({ metadata, spec }, phase) => seen.push(`${phase} ${metadata.name} ${spec.replicas}`), {
    lastSeenLimitSeconds: 2,
    relistIntervalSec: 2,
    resyncDelaySec: 1,
  })
for (const event of ["connect", "reconnect", "give_up", "data_error"])
  watcher.events.on(event, () => heard.push(event))
await watcher.start()

const until = async (check: () => boolean): Promise<void> => {
  const deadline = performance.now() + 40_000
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${JSON.stringify({ seen, heard })}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const applied = await K8s(GadgetModel).Apply(named("one", 1))
const again = await K8s(GadgetModel).Apply(named("one", 2), { force: true })
await K8s(GadgetModel).Create(named("two", 5))
await until(() => seen.includes("ADDED two 5") && seen.some((line) => line.endsWith("one 2")))
// The line is quiet for longer than the watcher bears, so it opens another.
await until(() => heard.includes("reconnect"))
await K8s(GadgetModel, { namespace: "default", name: "one" }).Patch([
  { op: "replace", path: "/spec/colour", value: "red" },
])
await K8s(GadgetModel).PatchStatus({ ...named("one", 2), status: { replicas: 2 } })
const read = await K8s(GadgetModel).InNamespace("default").Get("one")
await K8s(GadgetModel).InNamespace("default").Finalize("add", "example.com/held", "two")
const held = await K8s(GadgetModel).InNamespace("default").Get("two")
await K8s(GadgetModel).InNamespace("default").Finalize("remove", "example.com/held", "two")
const { items } = await K8s(GadgetModel).InNamespace("default").WithLabel("app", "fluent").Get()
await K8s(GadgetModel).InNamespace("default").Delete("one")
await K8s(GadgetModel).InNamespace("default").Delete("two")
await K8s(GadgetModel).InNamespace("default").Delete("nobody")
await until(() => seen.some((line) => line.startsWith("DELETED one")))
await K8s(kind.ConfigMap).Apply({ metadata: { name: "settings", namespace: "default" }, data: { a: "b" } })
watcher.close()
console.log(
  JSON.stringify({
    isSame: applied.metadata.uid === again.metadata.uid,
    spec: read.spec,
    finalizers: held.metadata.finalizers,
    items: items.map(({ metadata }) => metadata.name).sort(),
    heard: [...new Set(heard)].sort(),
  }),
)
process.exit(0)
