/** Who may do what, as an unmodified kubectl meets it: roles, tokens of ServiceAccounts, certificates, the audit log. */
import "reflect-metadata"
import { webcrypto } from "node:crypto"
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as x509 from "@peculiar/x509"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { endToEnd, type System, startSystem, worlds } from "../kit/system.ts"

const policy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, users: ["system:miren:controllers"]}
- {level: RequestResponse}
`

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

/** A new key and a request for its certificate, as PEM. */
const certificateRequest = async (name: string) => {
  x509.cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: algorithm,
  })
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)
  return { request: request.toString("pem"), key: x509.PemConverter.encode(key, "PRIVATE KEY") }
}

endToEnd(import.meta.filename, () => {
  describe.each(worlds)("access in the %s world", (kind) => {
    let system: System
    let shared: string

    beforeAll(async () => {
      shared = mkdtempSync("/tmp/miren-access-")
      chmodSync(shared, 0o755)
      write("policy.yaml", policy)
      const flags = ["--roles", "api", "--audit-policy-file", join(shared, "policy.yaml")]
      system = await startSystem({ kind, flags })
    })
    afterAll(async () => {
      await system?.destroy()
      rmSync(shared, { recursive: true })
    })

    const write = (name: string, text: string): string => {
      const path = join(shared, name)
      writeFileSync(path, text)
      chmodSync(path, 0o644)
      return path
    }

    const apply = async (document: object): Promise<void> => {
      const file = write("object.json", JSON.stringify(document))
      const made = await system.kubectl(["create", "-f", file])
      expect(made.stderr).toBe("")
    }

    const asUser = (credentials: ReadonlyArray<string>, args: ReadonlyArray<string>) =>
      system.kubectl(
        [
          "--kubeconfig",
          "/dev/null",
          "--server",
          system.url,
          "--insecure-skip-tls-verify",
          ...credentials,
          ...args,
        ],
        { env: { HOME: join(system.dataDir, "nobody") } },
      )

    const rbac = "rbac.authorization.k8s.io"

    it("gives a role to a user, in one namespace", async () => {
      const ask = async (namespace: string) => {
        const asked = ["auth", "can-i", "list", "configmaps", "--as", "jane", "-n", namespace]
        return (await system.kubectl(asked)).stdout.trim()
      }
      expect(await ask("default")).toBe("no")
      await apply({
        apiVersion: `${rbac}/v1`,
        kind: "RoleBinding",
        metadata: { name: "readers", namespace: "default" },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "view" },
        subjects: [{ apiGroup: rbac, kind: "User", name: "jane" }],
      })
      expect([await ask("default"), await ask("kube-system")]).toEqual(["yes", "no"])
    })

    it("says who is acted as", async () => {
      const { stdout } = await system.kubectl(["auth", "whoami", "--as", "jane", "--as-group", "dev"])
      expect(stdout).toMatch(/Username\s+jane\nGroups\s+\[dev system:authenticated\]/)
    })

    it("makes tokens for ServiceAccounts, which end with them", async () => {
      const account = {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name: "robot", namespace: "default" },
      }
      await apply(account)
      const request = {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: 600 },
      }
      const path = "/api/v1/namespaces/default/serviceaccounts/robot/token"
      const made = await system.kubectl([
        "create",
        "--raw",
        path,
        "-f",
        write("token.json", JSON.stringify(request)),
      ])
      const { token } = JSON.parse(made.stdout).status
      const list = () => asUser(["--token", token], ["get", "configmaps", "-n", "default"])
      expect((await list()).stderr).toContain(
        'User "system:serviceaccount:default:robot" cannot list resource "configmaps"',
      )
      await system.kubectl(["delete", "serviceaccount", "robot", "-n", "default"])
      expect((await list()).stderr).toContain("must be logged in")
    })

    it("signs the certificate of who was approved", async () => {
      const { request, key } = await certificateRequest("O=dev, CN=jane")
      await apply({
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name: "jane" },
        spec: {
          request: Buffer.from(request).toString("base64"),
          signerName: "kubernetes.io/kube-apiserver-client",
          usages: ["digital signature", "client auth"],
        },
      })
      const approval = {
        status: { conditions: [{ type: "Approved", status: "True", reason: "Test", message: "ok" }] },
      }
      await system.kubectl([
        "patch",
        "csr",
        "jane",
        "--subresource",
        "approval",
        "--type",
        "merge",
        "-p",
        JSON.stringify(approval),
      ])
      await system.kubectl([
        "wait",
        "csr/jane",
        "--for",
        "jsonpath={.status.certificate}",
        "--timeout",
        "20s",
      ])
      const { stdout } = await system.kubectl(["get", "csr", "jane", "-o", "jsonpath={.status.certificate}"])
      const certificate = write("jane.pem", Buffer.from(stdout, "base64").toString())
      const credentials = ["--client-certificate", certificate, "--client-key", write("key.pem", key)]
      expect((await asUser(credentials, ["get", "configmaps", "-n", "default"])).code).toBe(0)
      expect((await asUser(credentials, ["get", "secrets", "-n", "default"])).stderr).toContain(
        'User "jane" cannot list',
      )
    })

    it("writes down who did what, and nothing of tokens", () => {
      const text = readFileSync(join(system.dataDir, "audit.log"), "utf8")
      const events = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
      expect(events.some(({ impersonatedUser }) => impersonatedUser?.username === "jane")).toBe(true)
      const token = events.find(({ objectRef }) => objectRef?.subresource === "token")
      expect([token?.level, token?.responseObject]).toEqual(["Metadata", undefined])
    })
  })
})
