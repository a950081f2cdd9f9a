/**
 * An author's first ten minutes with the released package, by the commands of docs/operators/tutorial.md as they stand: install it in
 * an empty folder, `npx miren init`, test, simulate, and run the operator against a server by kubeconfig. Packages come by npm.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { must, run } from "../kit/command.ts"
import { kubectlPath } from "../kit/kubectl.ts"

const root = resolve(import.meta.dirname, "..", "..")
const installMs = 400_000
const work = mkdtempSync(join(tmpdir(), "miren-author-"))
const home = join(work, "author")
const project = join(home, "shop-operator")
const children: Array<ChildProcess> = []
let packed = ""

/** The commands of the tutorial, a block each. */
const tutorial = [
  ...readFileSync(join(root, "docs/operators/tutorial.md"), "utf8").matchAll(/^```sh\n([\s\S]*?)^```$/gm),
].map(([, block]) => String(block))

/** Runs the one block that has these words, as it stands but for the name of the package. */
const follow = (
  words: string,
  cwd: string,
  env: { readonly [name: string]: string } = {},
): Promise<string> => {
  const [block = "", second] = tutorial.filter((one) => one.includes(words))
  if (block === "" || second !== undefined) throw new Error(`the tutorial has no one block with ${words}`)
  const script = block.replace("npm install miren", `npm install ${join(root, packed)}`)
  const PATH = `${dirname(kubectlPath())}:${process.env.PATH}`
  return must(["sh", "-ec", script], { cwd, timeoutMs: installMs, env: { PATH, ...env } })
}

/** A program that goes on until the test ends it; settles when it has printed the line. */
const background = (argv: readonly [string, ...Array<string>], line: RegExp, env = {}): Promise<void> => {
  const [program, ...args] = argv
  const child = spawn(program, args, { cwd: project, env: { ...process.env, ...env } })
  children.push(child)
  return new Promise((told, failed) => {
    let text = ""
    const heard = (chunk: Buffer): void => {
      text += chunk.toString("utf8")
      if (line.test(text)) told()
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
  packed = (await must([process.execPath, join(root, "dev/release.ts")], { timeoutMs: installMs })).trim()
  mkdirSync(home)
}, installMs)

afterAll(async () => {
  await end()
  await rm(work, { recursive: true, force: true })
}, installMs)

describe("a new operator", { timeout: installMs }, () => {
  it("is written by one command, and depends on the package that wrote it", async () => {
    await follow("npx miren init", home)
    const { dependencies } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"))
    expect(dependencies.miren).toMatch(/^file:.*miren-\d.*\.tgz$/)
  })

  it("is not written over something else", async () => {
    const again = await run(["npx", "miren", "init", "shop-operator"], { cwd: home })
    expect(again.code).toBe(1)
    expect(again.stderr).toContain("is not empty")
  })

  it("passes its tests and its simulation", async () => {
    await follow("npm test", project)
    await follow("npm run sim", project, { SEEDS: "3" })
  })

  it("has types that follow its kind, and says when they do not", async () => {
    const crd = join(project, "crds/website.yaml")
    const colour = "                colour: {type: string, enum: [red, blue]}\n                times:"
    writeFileSync(crd, readFileSync(crd, "utf8").replace("                times:", colour))
    const stale = await run(["npm", "run", "check"], { cwd: project, timeoutMs: installMs })
    expect(stale.code).toBe(1)
    expect(stale.stderr).toContain("src/generated/website.gen.ts is stale")
    await follow("npm run codegen", project)
    const types = readFileSync(join(project, "src/generated/website.gen.ts"), "utf8")
    expect(types).toContain('colour?: "red" | "blue"')
  })

  it("runs against a server by kubeconfig, and ends on SIGTERM", async () => {
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
  })

  it("runs on an API server in memory, for a look", async () => {
    await background(["node_modules/.bin/node", "src/main.ts", "--memory"], /ready: in another shell/)
    expect(await follow("get websites,configmaps", project)).toContain("website.shop.example.com/hi")
    expect(await end()).toEqual([0])
  })
})
