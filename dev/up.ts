/** `make up`: starts the server in the background, applies examples/01-hello, waits for its answer and prints where it is. */
import { spawn, spawnSync } from "node:child_process"
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import {
  chooseMode,
  dataDir,
  fail,
  kubeconfig,
  logFile,
  mctl,
  root,
  runMctl,
  say,
  serverPid,
} from "./checkout.ts"
import { writeHelloImage } from "./hello-image.ts"

const manifest = join(root, "examples", "01-hello", "hello.yaml")

/** The last lines of the server's log since `from`, for a person to read. */
const logSince = (from: number): string => readFileSync(logFile).subarray(from).toString("utf8")

const startServer = async (): Promise<void> => {
  const mode = chooseMode()
  if (mode.because !== undefined) {
    say(`Since ${mode.because}, this runs with the ${mode.store} store and the ${mode.runtime} runtime:`)
    say(
      "  objects and controllers are real, sandboxes are only pretended. As root on Linux it runs gVisor on etcd.",
    )
  }
  const listen = process.env.MIREN_LISTEN ?? "127.0.0.1:6443"
  const from = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  const log = openSync(logFile, "a", 0o600)
  const child = spawn(
    mctl,
    ["server", "--data-dir", dataDir, "--listen", listen, "--store", mode.store, "--runtime", mode.runtime],
    { detached: true, stdio: ["ignore", log, log], cwd: root },
  )
  closeSync(log)
  let exited: number | null | undefined
  child.on("exit", (code) => {
    exited = code
  })
  child.on("error", (error) => fail(`the server could not be started: ${error.message}`))
  for (let waited = 0; waited < 120_000; waited += 50) {
    if (exited !== undefined) {
      const last = logSince(from).trim().split("\n").slice(-5).join("\n")
      fail(`the server ended with code ${exited}. It said:\n${last}\n(the whole log: ${logFile})`)
    }
    if (/^ready https:\/\//m.test(logSince(from))) {
      child.unref()
      return
    }
    await delay(50)
  }
  child.kill("SIGTERM")
  fail(`the server was not ready after 2 minutes. See ${logFile}`)
}

const portIsFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)))
  })

interface Sandbox {
  readonly spec: {
    readonly containers: ReadonlyArray<{ readonly ports?: ReadonlyArray<{ hostPort?: number }> }>
  }
  readonly status?: { readonly sandboxIP?: string }
}

const answers = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

interface Node {
  readonly status?: {
    readonly nodeInfo?: { readonly containerRuntimeVersion?: string; readonly kernelVersion?: string }
    readonly runtimeHandlers?: ReadonlyArray<{
      name?: string
      version?: string
      platform?: string
      network?: string
    }>
  }
}

/** What the node says that it runs, and the etcd that it runs on. */
const versionsInUse = (): ReadonlyArray<string> => {
  const list = JSON.parse(runMctl(["get", "nodes", "-o", "json"], { capture: true }).stdout) as {
    items: ReadonlyArray<Node>
  }
  const nodes = list.items.flatMap(({ status }) => [
    `runtime ${status?.nodeInfo?.containerRuntimeVersion}, kernel ${status?.nodeInfo?.kernelVersion}`,
    ...(status?.runtimeHandlers ?? []).map(({ name, version, platform, network }) =>
      name === "gvisor"
        ? `gvisor ${version}, platform ${platform}, network ${network}`
        : `${name} ${version}`,
    ),
  ])
  const etcd = spawnSync("etcd", ["--version"], { encoding: "utf8" }).stdout?.split("\n")[0]
  const store =
    chooseMode().store === "etcd" ? `etcd ${etcd?.replace(/^etcd Version: /, "")}` : "embedded store"
  return [store, ...nodes]
}

const helloExists = (): boolean =>
  runMctl(["get", "sandboxes", "-o", "name"], { capture: true }).stdout.includes("/hello")

mkdirSync(dataDir, { recursive: true, mode: 0o700 })
writeHelloImage(dataDir)
const running = serverPid()
if (running === undefined) await startServer()
else say(`A server is already running on ${dataDir} (pid ${running}).`)

if (!helloExists() && !(await portIsFree(8080))) {
  fail(
    "port 8080 is in use. Free it, or change hostPort in examples/01-hello/hello.yaml, and run `make up` again.",
  )
}
if (runMctl(["apply", "-f", manifest]).status !== 0) fail("examples/01-hello could not be applied")
if (runMctl(["wait", "sandbox/hello", "--for=condition=Ready", "--timeout=90s"]).status !== 0) {
  runMctl(["describe", "sandbox", "hello"])
  fail(`the sandbox did not become Ready; what is known of it stands above, the server's log is ${logFile}`)
}
const sandbox = JSON.parse(
  runMctl(["get", "sandbox", "hello", "-o", "json"], { capture: true }).stdout,
) as Sandbox
const hostPort = sandbox.spec.containers[0]?.ports?.[0]?.hostPort
const url = `http://127.0.0.1:${hostPort}/`
let ok = false
for (let attempt = 0; attempt < 50 && !ok; attempt += 1) {
  ok = await answers(url)
  if (!ok) await delay(200)
}
if (!ok) fail(`the sandbox is Ready but ${url} does not answer; see \`bin/mctl logs hello\``)

say("")
say(`${url}  answers, served from sandbox default/hello (${sandbox.status?.sandboxIP ?? "no address"})`)
say("")
runMctl(["version"])
for (const line of versionsInUse()) say(line)
say("")
say("Next:")
say(`  export KUBECONFIG=${kubeconfig}`)
say("  bin/mctl get sandboxes -o wide")
say("  bin/mctl exec -it hello -- sh")
say("  bin/mctl logs -f hello")
say("  kubectl get sandboxes        any kubectl works")
say("  make down                    stops everything")
