import { X509Certificate } from "node:crypto"
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterEach, beforeEach, expect, test } from "vitest"
import { parse } from "yaml"
import { adminKubeconfig } from "./kubeconfig.ts"
import { ensurePki, issueClientCertificate, issueServerCertificate } from "./pki.ts"

let dir = ""
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "pki-"))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const now = Date.UTC(2030, 0, 1)
const day = 86_400_000
const ensure = (at = now, hosts: ReadonlyArray<string> = []) =>
  Effect.runPromise(ensurePki({ dir: join(dir, "pki"), hosts, now: at }))

test("the authority is made once, and signs a certificate for the machine itself", async () => {
  const pki = await ensure()
  const ca = new X509Certificate(pki.ca.certificate)
  const server = new X509Certificate(pki.server.certificate)
  expect([ca.ca, server.ca, server.checkIssued(ca), server.verify(ca.publicKey)]).toEqual([
    true,
    false,
    true,
    true,
  ])
  for (const host of ["127.0.0.1", "::1"]) expect(server.checkIP(host)).toBeDefined()
  expect(server.checkHost("localhost")).toBe("localhost")
  expect(await ensure()).toEqual(pki)
})

test("files are their owner's alone", async () => {
  await ensure()
  const path = join(dir, "pki")
  expect((await stat(path)).mode & 0o777).toBe(0o700)
  const files = (await readdir(path)).sort()
  expect(files).toEqual(["ca.crt", "ca.key", "server.crt", "server.key"])
  for (const file of files) expect((await stat(join(path, file))).mode & 0o777).toBe(0o600)
})

test("the serving certificate is renewed when it nears its end or lacks a host, the authority stays", async () => {
  const first = await ensure()
  expect((await ensure(now + 300 * day)).server).toEqual(first.server)
  const renewed = await ensure(now + 340 * day)
  expect(renewed.ca).toEqual(first.ca)
  expect(renewed.server).not.toEqual(first.server)
  const named = await ensure(now + 340 * day, ["api.example.com", "10.0.0.9"])
  expect(new X509Certificate(named.server.certificate).checkHost("api.example.com")).toBe("api.example.com")
  expect(new X509Certificate(named.server.certificate).checkIP("10.0.0.9")).toBe("10.0.0.9")
})

test("a serving certificate that cannot be read is made anew", async () => {
  await ensure()
  await writeFile(join(dir, "pki", "server.crt"), "nonsense")
  expect(new X509Certificate((await ensure()).server.certificate).ca).toBe(false)
})

test("a client certificate says who and of which groups", async () => {
  const { ca } = await ensure()
  const pair = await Effect.runPromise(
    issueClientCertificate({ ca, user: "system:node:n1", groups: ["system:nodes", "b"], days: 1, now }),
  )
  const { subject } = new X509Certificate(pair.certificate)
  expect(subject.split("\n").sort()).toEqual(["CN=system:node:n1", "O=b", "O=system:nodes"])
})

test("a runner's certificate names its hosts", async () => {
  const { ca } = await ensure()
  const pair = await Effect.runPromise(
    issueServerCertificate({ ca, commonName: "system:node:n1", hosts: ["10.1.2.3"], days: 1, now }),
  )
  expect(new X509Certificate(pair.certificate).checkIP("10.1.2.3")).toBe("10.1.2.3")
})

test("a directory that cannot be made is an error value", async () => {
  await writeFile(join(dir, "file"), "")
  const error = await Effect.runPromise(
    Effect.flip(ensurePki({ dir: join(dir, "file", "pki"), hosts: [], now })),
  )
  expect(error.reason).toBe("Unwritable")
})

test("a kubeconfig has all that a client needs", async () => {
  const { ca } = await ensure()
  const client = await Effect.runPromise(
    issueClientCertificate({ ca, user: "admin", groups: [], days: 1, now }),
  )
  const config = parse(adminKubeconfig({ server: "https://127.0.0.1:1", ca: ca.certificate, client }))
  expect(config.clusters[0].cluster.server).toBe("https://127.0.0.1:1")
  expect(Buffer.from(config.users[0].user["client-key-data"], "base64").toString()).toBe(client.privateKey)
  expect(config["current-context"]).toBe(config.contexts[0].name)
})
