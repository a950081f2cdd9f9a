import "reflect-metadata"
import { webcrypto, X509Certificate } from "node:crypto"
import * as x509 from "@peculiar/x509"
import { beforeAll, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import type { UserInfo } from "../exchange.ts"
import { type KeyPair, makeCertificate } from "../pki/certificate.ts"
import { at, type World, withServer } from "../test-world.ts"

const csrs = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
const rbac = "/apis/rbac.authorization.k8s.io/v1"
const clientSigner = "kubernetes.io/kube-apiserver-client"
const nodeClientSigner = "kubernetes.io/kube-apiserver-client-kubelet"
const servingSigner = "kubernetes.io/kubelet-serving"
const node: UserInfo = { name: "system:node:a", groups: ["system:nodes", "system:authenticated"] }
const jane: UserInfo = { name: "jane", groups: ["system:authenticated"] }

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
let ca: KeyPair

beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto)
  ca = await makeCertificate({
    subject: { commonName: "test-ca", organizations: [] },
    usage: "ca",
    hosts: [],
    notBefore: new Date(Date.UTC(2029, 0, 1)),
    notAfter: new Date(Date.UTC(2040, 0, 1)),
  })
})

interface Wanted {
  readonly name: string
  readonly hosts?: ReadonlyArray<string>
}

/** A PKCS#10 in PEM in base64, as `spec.request` has it. */
const requestFor = async ({ name, hosts = [] }: Wanted): Promise<string> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const names = hosts.map((value) => ({ type: "dns" as const, value }))
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
  })
  return Buffer.from(request.toString("pem")).toString("base64")
}

const csr = (name: string, spec: JsonObject): JsonObject => ({ metadata: { name }, spec })

const usages = ["digital signature", "client auth"]
const serving = ["digital signature", "server auth"]

const approve = (world: World, name: string, type = "Approved", user?: UserInfo) =>
  world.send("PATCH", `${csrs}/${name}/approval`, {
    body: { status: { conditions: [{ type, status: "True", reason: "Test", message: "ok" }] } },
    headers: { "content-type": "application/merge-patch+json" },
    ...(user === undefined ? {} : { user }),
  })

/** The request once its signer is done with it. */
const signed = async (world: World, name: string): Promise<JsonObject> => {
  const watch = await world.watch(`${csrs}?watch=1&fieldSelector=metadata.name%3D${name}`)
  for (;;) {
    const event = await watch.next()
    const status = event?.object.status as JsonObject | undefined
    if (status?.certificate !== undefined || JSON.stringify(status ?? {}).includes("Failed")) {
      watch.close()
      return event?.object ?? {}
    }
  }
}

const withSigner = (body: (world: World) => Promise<void>) => () =>
  withServer(body, { certificateSigner: ca })()

test(
  "an approved request gets a certificate of the cluster's authority, for the time asked for",
  withSigner(async (world) => {
    const request = await requestFor({ name: "O=dev, CN=jane" })
    const body = csr("c", {
      request,
      signerName: clientSigner,
      usages,
      expirationSeconds: 3600,
      username: "admin",
    })
    const made = await world.post(csrs, body, { user: { ...jane, groups: ["system:masters"] } })
    expect([made.status, at(made.json, "spec.username"), at(made.json, "spec.groups")]).toEqual([
      201,
      "jane",
      ["system:masters"],
    ])
    const approved = await approve(world, "c")
    expect(at(approved.json, "status.conditions.0.lastTransitionTime")).toBe("2030-01-01T00:00:00Z")
    const text = Buffer.from(String(at(await signed(world, "c"), "status.certificate")), "base64")
    const certificate = new X509Certificate(text)
    expect(certificate.subject.split("\n").sort()).toEqual(["CN=jane", "O=dev"])
    expect(certificate.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true)
    expect(certificate.validToDate.toISOString()).toBe("2030-01-01T01:00:00.000Z")
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"])
    expect(certificate.ca).toBe(false)
  }),
)

test.each([
  ["a node's client", nodeClientSigner, { name: "O=system:nodes, CN=system:node:a" }, usages, undefined],
  [
    "a node's server",
    servingSigner,
    { name: "O=system:nodes, CN=system:node:a", hosts: ["a"] },
    serving,
    undefined,
  ],
  [
    "a node's server without a name",
    servingSigner,
    { name: "O=system:nodes, CN=system:node:a" },
    serving,
    "DNS name or an IP",
  ],
  [
    "a server of another node",
    servingSigner,
    { name: "O=system:nodes, CN=system:node:b", hosts: ["b"] },
    serving,
    "its own certificates",
  ],
  ["a node of another group", nodeClientSigner, { name: "O=dev, CN=system:node:a" }, usages, "organization"],
  [
    "a node's client that is no node",
    nodeClientSigner,
    { name: "O=system:nodes, CN=jane" },
    usages,
    "common name",
  ],
  [
    "a node's client with host names",
    nodeClientSigner,
    { name: "O=system:nodes, CN=system:node:a", hosts: ["a"] },
    usages,
    "alternative names",
  ],
  ["a client that would serve", clientSigner, { name: "CN=jane" }, [...usages, "server auth"], "server auth"],
  ["a client without its use", clientSigner, { name: "CN=jane" }, ["digital signature"], "client auth"],
] as const)("what becomes of %s", (_name, signerName, wanted, uses, problem) =>
  withSigner(async (world) => {
    const body = csr("c", { request: await requestFor(wanted), signerName, usages: [...uses] })
    // A node's own request for another name is refused at once; one made for it is left to the signer.
    const user = wanted.name.includes("CN=jane") ? {} : { user: node }
    expect((await world.post(csrs, body, user)).status).toBe(201)
    await approve(world, "c")
    const { status } = await signed(world, "c")
    if (problem === undefined) expect(at(status, "certificate")).toBeDefined()
    else {
      expect(at(status, "conditions.1.reason")).toBe("SignerValidationFailure")
      expect(at(status, "conditions.1.message")).toContain(problem)
    }
  })(),
)

test(
  "a Table tells in a word what has become of a request",
  withSigner(async (world) => {
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }
    const row = async (name: string) =>
      ((await world.get(`${csrs}/${name}`, { headers })).json.rows as unknown as ReadonlyArray<JsonObject>)[0]
        ?.cells
    const request = await requestFor({ name: "CN=jane" })
    const spec = { request, signerName: clientSigner, usages }
    await world.post(csrs, csr("c", { ...spec, expirationSeconds: 7200 }))
    expect(await row("c")).toEqual(["c", "0s", clientSigner, "admin", "120m", "Pending"])
    await approve(world, "c")
    await signed(world, "c")
    expect(await row("c")).toEqual(["c", "0s", clientSigner, "admin", "120m", "Approved,Issued"])
    await world.post(csrs, csr("d", spec))
    await approve(world, "d", "Denied")
    expect(await row("d")).toEqual(["d", "0s", clientSigner, "admin", "<none>", "Denied"])
  }),
)

test(
  "a node asks for the client certificate of itself only",
  withSigner(async (world) => {
    const request = await requestFor({ name: "O=system:nodes, CN=system:node:b" })
    const body = csr("c", { request, signerName: nodeClientSigner, usages: [...usages] })
    const refused = await world.post(csrs, body, { user: node })
    expect([refused.status, refused.json.message]).toEqual([
      403,
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: can only create a node CSR with CN=system:node:a',
    ])
  }),
)

test.each([
  ["no base64 of PEM", async () => ({ request: "bm9wZQ==", signerName: clientSigner }), 422, "spec.request"],
  [
    "a signer without a domain",
    async () => ({ request: await requestFor({ name: "CN=a" }), signerName: "me" }),
    422,
    "spec.signerName",
  ],
  [
    "an unknown use",
    async () => ({
      request: await requestFor({ name: "CN=a" }),
      signerName: clientSigner,
      usages: ["flying"],
    }),
    422,
    "spec.usages[0]",
  ],
  [
    "too short a time",
    async () => ({
      request: await requestFor({ name: "CN=a" }),
      signerName: clientSigner,
      expirationSeconds: 5,
    }),
    422,
    "spec.expirationSeconds",
  ],
  [
    "masters",
    async () => ({ request: await requestFor({ name: "O=system:masters, CN=a" }), signerName: clientSigner }),
    403,
    undefined,
  ],
] as const)("a request for %s is refused", (_name, spec, code, field) =>
  withSigner(async (world) => {
    const { status, json } = await world.post(csrs, csr("c", await spec()))
    expect([status, at(json, "details.causes.0.field")]).toEqual([code, field])
  })(),
)

test(
  "a request for a key that its sender does not have is refused",
  withSigner(async (world) => {
    const pem = Buffer.from(await requestFor({ name: "CN=jane" }), "base64").toString()
    const der = Buffer.from(x509.PemConverter.decodeFirst(pem))
    const at_ = der.indexOf("jane")
    der.write("joan", at_)
    const request = Buffer.from(x509.PemConverter.encode(der, "CERTIFICATE REQUEST")).toString("base64")
    const { status, json } = await world.post(csrs, csr("c", { request, signerName: clientSigner }))
    expect([status, at(json, "details.causes.0.field")]).toEqual([422, "spec.request"])
  }),
)

test(
  "approving needs leave for the signer, and a decision stays",
  withSigner(async (world) => {
    const request = await requestFor({ name: "CN=jane" })
    await world.post(csrs, csr("c", { request, signerName: "example.com/own", usages }))
    const signers = (name: string) => ({
      verbs: ["approve"],
      apiGroups: ["certificates.k8s.io"],
      resources: ["signers"],
      resourceNames: [name],
    })
    const change = {
      verbs: ["update", "patch"],
      apiGroups: ["certificates.k8s.io"],
      resources: ["certificatesigningrequests/approval"],
    }
    const rules = (name: string): Json => [change, signers(name)]
    await world.post(`${rbac}/clusterroles`, { metadata: { name: "approve" }, rules: rules(clientSigner) })
    await world.post(`${rbac}/clusterrolebindings`, {
      metadata: { name: "approve" },
      roleRef: { kind: "ClusterRole", name: "approve" },
      subjects: [{ kind: "User", name: "jane" }],
    })
    const refused = await approve(world, "c", "Approved", jane)
    expect([refused.status, refused.json.message]).toEqual([
      403,
      'certificatesigningrequests.certificates.k8s.io "c" is forbidden: user not permitted to approve requests with ' +
        'signerName "example.com/own"',
    ])
    await world.patch(`${rbac}/clusterroles/approve`, "merge", { rules: rules("example.com/*") })
    expect((await approve(world, "c", "Denied", jane)).status).toBe(200)
    expect((await approve(world, "c", "Approved", jane)).status).toBe(422)
    const both = await world.put(`${csrs}/c`, csr("c", { request, signerName: clientSigner }))
    expect([at(both.json, "spec.signerName"), at(both.json, "status.conditions.0.type")]).toEqual([
      "example.com/own",
      "Denied",
    ])
  }),
)

test(
  "a signer of another writes the certificate, and not the decision",
  withSigner(async (world) => {
    const request = await requestFor({ name: "CN=jane" })
    await world.post(csrs, csr("c", { request, signerName: "example.com/own", usages }))
    await approve(world, "c")
    const certificate = Buffer.from(ca.certificate).toString("base64")
    const { json } = await world.patch(`${csrs}/c/status`, "merge", {
      status: { certificate, conditions: [] },
    })
    expect([at(json, "status.certificate"), at(json, "status.conditions.0.type")]).toEqual([
      certificate,
      "Approved",
    ])
    const bad = await world.patch(`${csrs}/c/status`, "merge", { status: { certificate: "bm9wZQ==" } })
    expect(bad.status).toBe(422)
  }),
)
