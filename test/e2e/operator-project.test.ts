/**
 * An author's first ten minutes with the released package: install it in an empty folder, `npx miren init`, test, simulate, and run
 * the operator against a server by kubeconfig. Packages come by npm.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { httpsTransport, loadKubeconfig, makeClient } from "../../client/index.ts"
import { ConfigMap } from "../../schemas/index.ts"
import { eventually, must, run } from "../kit/command.ts"
import { kubectlPath } from "../kit/kubectl.ts"

const root = resolve(import.meta.dirname, "..", "..")
const installMs = 400_000
const work = mkdtempSync(join(tmpdir(), "miren-author-"))
const home = join(work, "author")
const project = join(home, "shop-operator")
const npm = (args: ReadonlyArray<string>, cwd: string) =>
  must(["npm", ...args], { cwd, timeoutMs: installMs })
const children: Array<ChildProcess> = []

/** A program that goes on until the test ends it; settles with its first line that matches. */
const background = (argv: readonly [string, ...Array<string>], line: RegExp, env = {}): Promise<string> => {
  const [program, ...args] = argv
  const child = spawn(program, args, { cwd: project, env: { ...process.env, ...env } })
  children.push(child)
  return new Promise((told, failed) => {
    let text = ""
    const heard = (chunk: Buffer): void => {
      text += chunk.toString("utf8")
      const match = line.exec(text)
      if (match !== null) told(match[1] ?? match[0])
    }
    child.stdout.on("data", heard)
    child.stderr.on("data", heard)
    child.on("exit", (code) => failed(new Error(`${argv.join(" ")} ended with ${code}:\n${text}`)))
  })
}

const end = async (): Promise<ReadonlyArray<number | null>> =>
  Promise.all(
    children.splice(0).map(
      (child) =>
        new Promise<number | null>((ended) => {
          if (child.exitCode !== null) ended(child.exitCode)
          child.on("exit", (code) => ended(code))
          child.kill("SIGTERM")
        }),
    ),
  )

beforeAll(async () => {
  const packed = await must([process.execPath, join(root, "dev/release.ts")], { timeoutMs: installMs })
  await must(["mkdir", "-p", home])
  writeFileSync(join(home, "package.json"), "{}")
  await npm(["install", "--no-audit", "--no-fund", join(root, packed.trim())], home)
}, installMs)

afterAll(async () => {
  await end()
  await rm(work, { recursive: true, force: true })
}, installMs)

describe("a new operator", () => {
  it(
    "is written by one command, and depends on the package that wrote it",
    async () => {
      await npm(
        ["exec", "--", "miren", "init", "shop-operator", "--kind", "Website", "--group", "shop.example.com"],
        home,
      )
      const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"))
      expect(dependencies.miren).toMatch(/^file:.*miren-\d.*\.tgz$/)
      await npm(["install", "--no-audit", "--no-fund"], project)
    },
    installMs,
  )

  it("is not written over something else", async () => {
    const again = await run(["npx", "miren", "init", "shop-operator"], { cwd: home })
    expect(again.code).toBe(1)
    expect(again.stderr).toContain("is not empty")
  })

  it(
    "passes its types, its tests and its simulation",
    async () => {
      await npm(["run", "check"], project)
      await npm(["test"], project)
      await must(["npm", "run", "sim"], { cwd: project, timeoutMs: installMs, env: { SEEDS: "3" } })
    },
    installMs,
  )

  it(
    "has types that follow its kind, and says when they do not",
    async () => {
      const crd = join(project, "crds/website.yaml")
      const text = readFileSync(crd, "utf8")
      writeFileSync(
        crd,
        text.replace(
          "                times:",
          "                colour: {type: string}\n                times:",
        ),
      )
      const stale = await run(["npm", "run", "check"], { cwd: project })
      expect(stale.code).toBe(1)
      expect(stale.stderr).toContain("src/generated/website.gen.ts is stale")
      await npm(["run", "codegen"], project)
      expect(readFileSync(join(project, "src/generated/website.gen.ts"), "utf8")).toContain("colour?: string")
      await npm(["run", "check"], project)
    },
    installMs,
  )

  it(
    "runs against a server by kubeconfig, and ends on SIGTERM",
    async () => {
      const data = join(work, "data")
      const flags = ["--data-dir", data, "--store", "memory", "--runtime", "fake", "--listen", "127.0.0.1:0"]
      await background(["node_modules/.bin/mctl", "server", ...flags], /ready https:\S+/)
      const KUBECONFIG = join(data, "admin.kubeconfig")
      const kubectl = (...args: ReadonlyArray<string>) =>
        must([kubectlPath(), ...args], { cwd: project, env: { KUBECONFIG } })
      await kubectl("apply", "-f", "crds/")
      await kubectl("wait", "--for=condition=Established", "crd/websites.shop.example.com")
      await background(["node_modules/.bin/node", "src/main.ts"], /runs against https:\S+/, { KUBECONFIG })
      await kubectl("apply", "-f", "samples/")
      await kubectl("wait", "--for=condition=Ready", "website/hi", "--timeout=30s")
      expect(await kubectl("get", "configmap", "hi-page", "-o", "jsonpath={.data.text}")).toBe("Hello\nHello")
      await kubectl("delete", "website", "hi")
      await kubectl("wait", "--for=delete", "configmap/hi-page", "--timeout=30s")
      expect(await end()).toEqual([0, 0])
    },
    installMs,
  )

  it(
    "runs on an API server in memory, for a look",
    async () => {
      const line = /kubectl --kubeconfig (\S+) apply/
      const kubeconfig = await background(["node_modules/.bin/node", "src/main.ts", "--memory"], line)
      await must([kubectlPath(), "--kubeconfig", kubeconfig, "apply", "-f", "samples/"], { cwd: project })
      const transport = httpsTransport(await loadKubeconfig({ kubeconfig }))
      const client = makeClient(transport)
      const key = { namespace: "default", name: "hi-page" }
      const page = await eventually(() => Effect.runPromise(client.get(ConfigMap, key)))
      expect(page.data).toEqual({ text: "Hello\nHello" })
      transport.close()
      expect(await end()).toEqual([0])
    },
    installMs,
  )
})
