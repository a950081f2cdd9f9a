/**
 * A cdk8s chart of plain ApiObjects, synthesised: a namespace of its own, settings, a custom resource, and a Sandbox. `CLIENTS` is
 * the folder that cdk8s is installed in; the manifest is written into the folder that is the argument.
 */
import { createRequire } from "node:module"
import { join } from "node:path"

interface Scope {
  readonly name?: string
}

interface Cdk8s {
  readonly App: new (options: { readonly outdir: string }) => Scope & { readonly synth: () => void }
  readonly Chart: new (scope: Scope, id: string, options?: object) => Scope
  readonly ApiObject: new (
    scope: Scope,
    id: string,
    manifest: object,
  ) => Scope & {
    readonly addDependency: (on: Scope) => void
  }
  readonly JsonPatch: { readonly add: (path: string, value: unknown) => object }
}

const { App, Chart, ApiObject }: Cdk8s = createRequire(join(process.env.CLIENTS ?? "", "package.json"))(
  "cdk8s",
)
const [outdir = "", image = ""] = process.argv.slice(2)

const app = new App({ outdir })
const chart = new Chart(app, "stage", { namespace: "stage", labels: { from: "cdk8s" } })
const namespace = new ApiObject(chart, "namespace", {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "stage" },
})
const settings = new ApiObject(chart, "settings", {
  apiVersion: "v1",
  kind: "ConfigMap",
  data: { word: "open" },
})
const gadget = new ApiObject(chart, "gadget", {
  apiVersion: "example.com/v1",
  kind: "Gadget",
  metadata: { name: "lamp" },
  spec: { replicas: 3 },
})
const sandbox = new ApiObject(chart, "sandbox", {
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name: "web" },
  spec: { containers: [{ name: "main", image }] },
})
for (const object of [settings, gadget, sandbox]) object.addDependency(namespace)
app.synth()
