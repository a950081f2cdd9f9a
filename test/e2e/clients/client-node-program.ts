/** What a program does through @kubernetes/client-node, part by part. Prints what came of each as JSON. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import {
  Attach,
  CoreV1Api,
  Cp,
  CustomObjectsApi,
  Exec,
  Health,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  Log,
  Metrics,
  makeInformer,
  PatchStrategy,
  PortForward,
  topNodes,
  topPods,
  type V1Status,
  VersionApi,
  Watch,
} from "@kubernetes/client-node"

const [image = "", folder = "", withFiles = ""] = process.argv.slice(2)
const config = new KubeConfig()
config.loadFromDefault()
const namespace = "default"
const core = config.makeApiClient(CoreV1Api)
const custom = config.makeApiClient(CustomObjectsApi)

const until = async <A>(check: () => Promise<A | undefined> | A | undefined): Promise<A> => {
  const deadline = performance.now() + 60_000
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`not in time: ${String(check)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const textOf = (stream: PassThrough): { readonly text: () => string } => {
  let text = ""
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8")
  })
  return { text: () => text }
}

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : String(error)

const isServed = async (): Promise<object> => ({
  isReady: await new Health(config).readyz({}),
  hasVersion: (await config.makeApiClient(VersionApi).getCode()).gitVersion.startsWith("v"),
})

interface Gadget extends KubernetesObject {
  spec?: { replicas?: number; colour?: string }
}

const objects = async (): Promise<object> => {
  const api = KubernetesObjectApi.makeApiClient(config)
  const gadget: Gadget = {
    apiVersion: "example.com/v1",
    kind: "Gadget",
    metadata: { name: "one", namespace },
    spec: { replicas: 1 },
  }
  const { metadata } = await api.create(gadget)
  const head = { apiVersion: "example.com/v1", kind: "Gadget", metadata: { name: "one", namespace } }
  const strategic = await api.patch({ ...gadget, spec: { replicas: 2 } }).then(() => "taken", codeOf)
  const merge = [undefined, undefined, undefined, undefined, PatchStrategy.MergePatch] as const
  await api.patch<Gadget>({ ...gadget, spec: { replicas: 2 } }, ...merge)
  const applying = [undefined, undefined, "tests", true, PatchStrategy.ServerSideApply] as const
  await api.patch<Gadget>({ ...gadget, spec: { colour: "red" } }, ...applying)
  const read = (await api.read<Gadget>(head)) as Gadget
  await api.replace({ ...read, spec: { ...read.spec, replicas: 3 } })
  const stale = await api.replace({ ...read, spec: { replicas: 9 } }).then(() => "taken", codeOf)
  const { items } = await api.list<Gadget>("example.com/v1", "Gadget", namespace)
  await api.delete(head)
  const gone = await api.read(head).then(() => "there", codeOf)
  return { hasUid: metadata?.uid !== undefined, strategic, stale, specs: items.map(({ spec }) => spec), gone }
}

const customObjects = async (): Promise<object> => {
  const at = { group: "example.com", version: "v1", namespace, plural: "gadgets" }
  const body = {
    apiVersion: "example.com/v1",
    kind: "Gadget",
    metadata: { name: "two" },
    spec: { replicas: 1 },
  }
  await custom.createNamespacedCustomObject({ ...at, body })
  const patch = [{ op: "replace", path: "/spec/replicas", value: 4 }]
  const patched = await custom.patchNamespacedCustomObject({ ...at, name: "two", body: patch })
  await custom.patchNamespacedCustomObjectStatus({
    ...at,
    name: "two",
    body: [{ op: "add", path: "/status", value: { replicas: 4 } }],
  })
  const scale = await custom.getNamespacedCustomObjectScale({ ...at, name: "two" })
  await custom.deleteNamespacedCustomObject({ ...at, name: "two" })
  return { replicas: patched.spec.replicas, scale: scale.status.replicas }
}

const watches = async (): Promise<object> => {
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const heard: Array<string> = []
  const request = await new Watch(config).watch(
    path,
    { labelSelector: "app=watched", allowWatchBookmarks: true },
    (type: string, { metadata }: KubernetesObject) => heard.push(`${type} ${metadata?.name}`),
    () => {},
  )
  const seen: Array<string> = []
  const labelSelector = "app=watched"
  const informer = makeInformer(
    config,
    path,
    () => core.listNamespacedConfigMap({ namespace, labelSelector }),
    labelSelector,
  )
  for (const verb of ["add", "update", "delete"] as const)
    informer.on(verb, ({ metadata }) => seen.push(`${verb} ${metadata?.name}`))
  await informer.start()
  const labels = { app: "watched" }
  await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name: "c", labels }, data: { a: "b" } },
  })
  await until(() => seen.find((line) => line === "add c"))
  const body = [{ op: "add", path: "/data/a", value: "c" }]
  await core.patchNamespacedConfigMap({ namespace, name: "c", body })
  await until(() => seen.find((line) => line === "update c"))
  await core.deleteNamespacedConfigMap({ namespace, name: "c" })
  await until(() => seen.find((line) => line === "delete c"))
  await until(() => heard.find((line) => line === "DELETED c"))
  await informer.stop()
  request.abort()
  return { seen, heard }
}

const running = async (name: string, command?: ReadonlyArray<string>): Promise<void> => {
  const container = {
    name: "main",
    image,
    ...(command === undefined ? {} : { command: [...command], stdin: true, stdinOnce: true }),
  }
  const spec = { containers: [container], restartPolicy: "Never", terminationGracePeriodSeconds: 1 }
  await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec } })
  await until(async () => {
    const { status } = await core.readNamespacedPod({ namespace, name })
    return status?.phase === "Running" ? true : undefined
  })
}

const exec = async (
  command: ReadonlyArray<string>,
  input?: string,
): Promise<{ output: string; status: V1Status }> => {
  const output = new PassThrough()
  const { text } = textOf(output)
  const stdin = input === undefined ? null : new PassThrough()
  stdin?.end(input)
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec(namespace, "web", "main", [...command], output, null, stdin, false, resolve)
      .catch(reject)
  })
  return { output: text(), status }
}

const attach = async (): Promise<object> => {
  await running("asked", ["/bin/sh", "-c", "cat; echo closed"])
  const [output, input] = [new PassThrough(), new PassThrough()]
  const { text } = textOf(output)
  const socket = await new Attach(config).attach(namespace, "asked", "main", output, null, input, false)
  input.write("typed\n")
  await until(() => (text().includes("typed") ? true : undefined))
  // The client that goes without a word is the first and last of a stdinOnce container.
  if ("close" in socket) socket.close()
  const phase = await until(async () => {
    const { status } = await core.readNamespacedPod({ namespace, name: "asked" })
    return status?.phase === "Succeeded" ? status.phase : undefined
  })
  const log = await core.readNamespacedPodLog({ namespace, name: "asked" })
  return { phase, log }
}

const portForward = async (): Promise<boolean> => {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const { text } = textOf(output)
  const socket = await new PortForward(config).portForward(namespace, "web", [8080], output, errors, input)
  input.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
  await until(() => (text().includes("Hello from") ? true : undefined))
  if (typeof socket === "object" && "close" in socket) socket.close()
  return true
}

/** Its copies are under way when it says that they are done. */
const copies = async (): Promise<boolean | undefined> => {
  if (withFiles === "") return undefined
  await exec(["/bin/busybox", "ln", "-sf", "busybox", "/bin/tar"])
  const content = "copied\n".repeat(1_000)
  const [source, target] = [join(folder, "in"), join(folder, "out")]
  for (const made of [source, target]) mkdirSync(made)
  writeFileSync(join(source, "in.txt"), content)
  const cp = new Cp(config)
  await cp.cpToPod(namespace, "web", "main", source, "/www")
  await until(async () => {
    const { output } = await exec(["/bin/busybox", "cat", "/www/in.txt"])
    return output === content ? true : undefined
  })
  await cp.cpFromPod(namespace, "web", "main", "in.txt", target, "/www")
  const out = join(target, "in.txt")
  return until(() => (existsSync(out) && readFileSync(out, "utf8") === content ? true : undefined))
}

const uses = async (): Promise<object> => {
  const metrics = new Metrics(config)
  const pods = await until(async () => {
    const { items } = await metrics.getPodMetrics(namespace)
    return items.some(({ metadata }) => metadata.name === "web") ? items : undefined
  })
  const nodes = await metrics.getNodeMetrics()
  return {
    hasPod: pods.length > 0,
    nodes: nodes.items.length,
    top: (await topNodes(core)).length,
    topPods: (await topPods(core, metrics, namespace)).some(({ Pod }) => Pod.metadata?.name === "web"),
  }
}

const log = async (): Promise<boolean> => {
  const stream = new PassThrough()
  const { text } = textOf(stream)
  await new Log(config).log(namespace, "asked", "main", stream, { tailLines: 1, timestamps: true })
  await until(() => (text().includes("closed") ? true : undefined))
  return true
}

const served = await isServed()
const made = { objects: await objects(), custom: await customObjects(), watches: await watches() }
await running("web")
const ran = await exec(["/bin/echo", "hello"])
const failed = await exec(["/bin/sh", "-c", "exit 3"])
const attached = await attach()
const forwarded = await portForward()
const copied = await copies()
const used = await uses()
const logged = await log()
for (const name of ["web", "asked"])
  await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 })
const pods = { ran, failed: failed.status.reason, attached, forwarded, copied, used, logged }
console.log(JSON.stringify({ served, ...made, pods }))
process.exit(0)
