/** Statements 2.12.139 to 2.12.141: fairness, the audit log, and credentials that the server hands out. */
import "reflect-metadata"
import { generateKeyPairSync, webcrypto, X509Certificate } from "node:crypto"
import * as x509 from "@peculiar/x509"
import { describe, expect } from "vitest"
import { parseAuditPolicy } from "../../apiserver/index.ts"
import { type KeyPair, makeCertificate } from "../../apiserver/pki/certificate.ts"
import { signingKey } from "../../apiserver/tokens/index.ts"
import type { JsonObject } from "../../schemas/index.ts"
import { at, causesOf, configMap, configMaps, refusal, settled, type World } from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const flowcontrol = "/apis/flowcontrol.apiserver.k8s.io/v1"
const schemaHeader = "x-kubernetes-pf-flowschema-uid"
const levelHeader = "x-kubernetes-pf-prioritylevel-uid"
const readers = { name: "reader", groups: ["readers", "system:authenticated"] }

const giveReaders = async (world: World): Promise<void> => {
  await world.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "readers" },
    roleRef: { kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "Group", name: "readers" }],
  })
  await settled(world)
}

/** A level for the readers that queues nothing. */
const limitReaders = async (world: World): Promise<void> => {
  const limited = { nominalConcurrencyShares: 1, lendablePercent: 0, limitResponse: { type: "Reject" } }
  await world.post(`${flowcontrol}/prioritylevelconfigurations`, {
    metadata: { name: "readers" },
    spec: { type: "Limited", limited },
  })
  const everything = { verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"] }
  await world.post(`${flowcontrol}/flowschemas`, {
    metadata: { name: "readers" },
    spec: {
      priorityLevelConfiguration: { name: "readers" },
      matchingPrecedence: 50,
      distinguisherMethod: { type: "ByUser" },
      rules: [
        {
          subjects: [{ kind: "Group", group: { name: "readers" } }],
          resourceRules: [{ ...everything, clusterScope: true }],
        },
      ],
    },
  })
  await settled(world)
}

const uidOf = async (world: World, path: string) =>
  at((await world.get(`${flowcontrol}/${path}`)).json, "metadata.uid")

/** The end of a request is written just after its answer has gone. */
const written = () => new Promise((resolve) => setImmediate(resolve))

const policyOf = (policy: object) =>
  parseAuditPolicy(JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", ...policy }))

const accounts = "/api/v1/namespaces/default/serviceaccounts"
const secrets = "/api/v1/namespaces/default/secrets"
const tokenReviews = "/apis/authentication.k8s.io/v1/tokenreviews"
const csrs = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
const clientSigner = "kubernetes.io/kube-apiserver-client"

const tokenOptions = () => ({
  tokens: {
    issuer: "https://miren.example",
    keys: [signingKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)],
  },
})

let authority: Promise<KeyPair> | undefined

/** Made once: keys are slow to make. */
const clusterAuthority = (): Promise<KeyPair> => {
  authority ??= makeCertificate({
    subject: { commonName: "wire-ca", organizations: [] },
    usage: "ca",
    hosts: [],
    notBefore: new Date(Date.UTC(2029, 0, 1)),
    notAfter: new Date(Date.UTC(2040, 0, 1)),
  })
  return authority
}

/** `spec.request` for a subject. */
const requestFor = async (subject: string): Promise<string> => {
  x509.cryptoProvider.set(webcrypto)
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
  })
  return Buffer.from(request.toString("pem")).toString("base64")
}

const decide = (world: World, name: string, type: string) =>
  world.patch(`${csrs}/${name}/approval`, "merge", {
    status: { conditions: [{ type, status: "True", reason: "Test", message: "said so" }] },
  })

/** What an audited server has written. */
const audited = (policy: object) => {
  const events: JsonObject[] = []
  const write = (line: string): void => {
    events.push(JSON.parse(line))
  }
  return { events, options: { audit: { policy: policyOf(policy), write } } }
}

export const operationsSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.12 operations`, () => {
    statement("2.12.139 every answer says which schema and level it went by", async (world) => {
      await giveReaders(world)
      const { headers } = await world.get(configMaps, { user: readers })
      expect([headers[schemaHeader], headers[levelHeader]]).toEqual([
        await uidOf(world, "flowschemas/global-default"),
        await uidOf(world, "prioritylevelconfigurations/global-default"),
      ])
      await limitReaders(world)
      const later = (await world.get(configMaps, { user: readers })).headers
      expect(later[schemaHeader]).toBe(await uidOf(world, "flowschemas/readers"))
      const exempt = (await world.get(configMaps)).headers
      expect(exempt[levelHeader]).toBe(await uidOf(world, "prioritylevelconfigurations/exempt"))
    })

    statement(
      "2.12.139 who finds no seat is told to come back in a second",
      async (world) => {
        await giveReaders(world)
        await limitReaders(world)
        const answers = await Promise.all([1, 2, 3].map(() => world.get(configMaps, { user: readers })))
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429])
        const refused = answers.find(({ status }) => status === 429)
        expect([refused?.headers["retry-after"], refused?.json.reason]).toEqual(["1", "TooManyRequests"])
      },
      { seats: 1 },
    )

    statement("2.12.139 a schema says in its status whether its level is there", async (world) => {
      const watch = await world.watch(
        `${flowcontrol}/flowschemas?watch=1&fieldSelector=metadata.name%3Dreaders`,
      )
      const until = async (dangling: string): Promise<void> => {
        for (;;) {
          const condition = at((await watch.next())?.object, "status.conditions.0")
          if (at(condition, "type") === "Dangling" && at(condition, "status") === dangling) return
        }
      }
      await limitReaders(world)
      await until("False")
      await world.delete(`${flowcontrol}/prioritylevelconfigurations/readers`)
      await until("True")
      watch.close()
    })

    const metadata = audited({ rules: [{ level: "Metadata" }] })
    statement(
      "2.12.140 every answer has an Audit-Id, which its events have too",
      async (world) => {
        metadata.events.length = 0
        const { headers } = await world.post(configMaps, configMap("a", { k: "v" }))
        await written()
        expect(headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/)
        const own = metadata.events.filter(({ auditID }) => auditID === headers["audit-id"])
        expect(own.map(({ stage, verb, level }) => [stage, verb, level])).toEqual([
          ["RequestReceived", "create", "Metadata"],
          ["ResponseComplete", "create", "Metadata"],
        ])
        const watch = await world.watch(`${configMaps}?watch=1&timeoutSeconds=5`)
        await watch.next()
        const ofWatch = () => metadata.events.filter(({ verb }) => verb === "watch").map(({ stage }) => stage)
        expect(ofWatch()).toEqual(["RequestReceived", "ResponseStarted"])
        world.ambient.advance(5_000)
        expect(await watch.next()).toBeUndefined()
        await written()
        expect(ofWatch()).toEqual(["RequestReceived", "ResponseStarted", "ResponseComplete"])
      },
      metadata.options,
    )

    const levels = audited({
      omitStages: ["RequestReceived"],
      omitManagedFields: true,
      rules: [
        { level: "None", verbs: ["get"] },
        { level: "Request", verbs: ["create"] },
        { level: "RequestResponse", verbs: ["update", "patch"] },
      ],
    })
    statement(
      "2.12.140 levels say how much of a request is written, without managedFields where the policy says so",
      async (world) => {
        levels.events.length = 0
        const made = await world.post(configMaps, configMap("a", { k: "v" }))
        await world.get(`${configMaps}/a`)
        await world.put(`${configMaps}/a`, made.json)
        await written()
        const seen = levels.events.filter((event) => at(event, "user.username") === "admin")
        expect(
          seen.map((event) => [
            event.verb,
            event.stage,
            at(event, "requestObject.data.k"),
            at(event, "responseObject.data.k"),
          ]),
        ).toEqual([
          ["create", "ResponseComplete", "v", undefined],
          ["update", "ResponseComplete", "v", "v"],
        ])
        expect(JSON.stringify(seen)).not.toContain("managedFields")
      },
      levels.options,
    )

    statement(
      "2.12.141 a token is for an audience, a time of ten minutes at least, and as long as what it is bound to",
      async (world) => {
        await world.post(accounts, { metadata: { name: "robot" } })
        await world.post(secrets, { metadata: { name: "s" } })
        const ask = (spec: JsonObject) => world.post(`${accounts}/robot/token`, { spec })
        const short = await ask({ expirationSeconds: 599 })
        expect([short.status, causesOf(short)[0]?.field]).toEqual([422, "spec.expirationSeconds"])
        const boundObjectRef = { kind: "Secret", apiVersion: "v1", name: "s" }
        const made = await ask({ audiences: ["vault"], expirationSeconds: 600, boundObjectRef })
        expect([made.status, made.json.kind, at(made.json, "status.expirationTimestamp")]).toEqual([
          201,
          "TokenRequest",
          "2030-01-01T00:10:00Z",
        ])
        const token = String(at(made.json, "status.token"))
        const review = async (audience: string) =>
          (await world.post(tokenReviews, { spec: { token, audiences: [audience] } })).json.status
        expect(await review("vault")).toMatchObject({
          authenticated: true,
          audiences: ["vault"],
          user: { username: "system:serviceaccount:default:robot" },
        })
        expect(await review("other")).toMatchObject({ authenticated: false })
        await world.delete(`${secrets}/s`)
        await settled(world)
        expect(await review("vault")).toMatchObject({ authenticated: false })
      },
      tokenOptions(),
    )

    statement("2.12.141 a request for a certificate is approved or denied, not both", async (world) => {
      const spec = { request: await requestFor("CN=jane"), signerName: clientSigner, usages: ["client auth"] }
      await world.post(csrs, { metadata: { name: "c" }, spec })
      const denied = await decide(world, "c", "Denied")
      expect(at(denied.json, "status.conditions.0")).toMatchObject({ type: "Denied", reason: "Test" })
      const both = await world.put(`${csrs}/c/approval`, {
        ...denied.json,
        status: {
          conditions: [
            ...((at(denied.json, "status.conditions") ?? []) as unknown as JsonObject[]),
            { type: "Approved", status: "True", reason: "Test" },
          ],
        },
      })
      expect(refusal(both).slice(0, 2)).toEqual([422, "Invalid"])
    })

    describe("with the cluster's authority", () => {
      const signing: Suite = (_name, open) => {
        statementsOf(async (options) => open({ ...options, certificateSigner: await clusterAuthority() }))(
          "2.12.141 an approved request has its certificate in its status",
          async (world) => {
            const request = await requestFor("O=dev, CN=jane")
            const spec = { request, signerName: clientSigner, usages: ["client auth"] }
            await world.post(csrs, { metadata: { name: "c" }, spec })
            const watch = await world.watch(`${csrs}?watch=1&fieldSelector=metadata.name%3Dc`)
            await decide(world, "c", "Approved")
            let found: unknown
            while (found === undefined) found = at((await watch.next())?.object, "status.certificate")
            watch.close()
            const certificate = new X509Certificate(Buffer.from(String(found), "base64"))
            expect(certificate.subject.split("\n").sort()).toEqual(["CN=jane", "O=dev"])
            const { certificate: ca } = await clusterAuthority()
            expect(certificate.verify(new X509Certificate(ca).publicKey)).toBe(true)
          },
        )
      }
      signing(name, openServer)
    })
  })
}
