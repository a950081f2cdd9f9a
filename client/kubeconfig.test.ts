import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { ConfigError, loadKubeconfig } from "./index.ts"

let directory = ""
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kubeconfig-"))
})
afterAll(() => rm(directory, { recursive: true }))

const base64 = (text: string) => Buffer.from(text).toString("base64")

const document = (user: object, cluster: object = {}, extra: object = {}) => ({
  "current-context": "c",
  clusters: [{ name: "k", cluster: { server: "https://127.0.0.1:6443", ...cluster } }],
  users: [{ name: "u", user }],
  contexts: [{ name: "c", context: { cluster: "k", user: "u", namespace: "ns" } }],
  ...extra,
})

const write = async (name: string, content: object | string) => {
  const path = join(directory, name)
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content))
  return path
}

const reasonOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof ConfigError ? error.reason : error),
  )

test("certificates come from data, or from files beside the kubeconfig", async () => {
  await write("client.crt", "CERT")
  const user = { "client-certificate": "client.crt", "client-key-data": base64("KEY") }
  const path = await write("certs", document(user, { "certificate-authority-data": base64("CA") }))
  const config = await loadKubeconfig({ kubeconfig: path })
  expect(config).toMatchObject({ ca: "CA", clientCertificate: "CERT", clientKey: "KEY", namespace: "ns" })
  expect(config.authorization).toBeUndefined()
})

test.each([
  ["a token", { token: "t" }, "Bearer t"],
  ["a token file, before a token", { token: "t", tokenFile: "token" }, "Bearer from-file"],
  ["a password", { username: "a", password: "b" }, `Basic ${base64("a:b")}`],
  ["nothing", {}, undefined],
])("%s becomes the Authorization header", async (name, user, header) => {
  await write("token", "from-file\n")
  const path = await write(`auth-${name.length}`, document(user))
  expect(await (await loadKubeconfig({ kubeconfig: path })).authorization?.()).toBe(header)
})

test("files in KUBECONFIG are merged, the first definition wins", async () => {
  const first = await write("first", { "current-context": "c", users: [{ name: "u", user: { token: "1" } }] })
  const second = await write("second", document({ token: "2" }))
  const environment = { KUBECONFIG: `${first}:${join(directory, "absent")}:${second}` }
  const config = await loadKubeconfig({ environment })
  expect(await config.authorization?.()).toBe("Bearer 1")
  expect(config.server).toBe("https://127.0.0.1:6443")
})

test("an exec plugin gives the credentials", async () => {
  const credential = {
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: "x" },
  }
  const script = await write("plugin.cjs", `console.log(${JSON.stringify(JSON.stringify(credential))})`)
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [script] }
  const path = await write("exec", document({ exec }))
  const config = await loadKubeconfig({ kubeconfig: path })
  expect(await config.authorization?.()).toBe("Bearer x")
})

test.each([
  ["a file that is named and missing", "absent", undefined, "NotFound"],
  ["what is not YAML", "yaml", "a: [", "Invalid"],
  ["a list of the wrong shape", "shape", { clusters: {} }, "Invalid"],
  ["no current context", "current", document({}, {}, { "current-context": "" }), "Invalid"],
  ["an unknown context", "unknown", document({}, {}, { "current-context": "x" }), "Invalid"],
  ["a server that is no URL", "server", document({}, { server: "127.0.0.1:6443" }), "Invalid"],
  ["a proxy", "proxy", document({}, { "proxy-url": "http://127.0.0.1:1" }), "Unsupported"],
])("%s is refused with its reason", async (_name, file, content, reason) => {
  const path = content === undefined ? join(directory, file) : await write(file, content)
  expect(await reasonOf(loadKubeconfig({ kubeconfig: path }))).toBe(reason)
})

test("nowhere to look is said", async () => {
  expect(await reasonOf(loadKubeconfig({ environment: { HOME: directory } }))).toBe("NotFound")
})
