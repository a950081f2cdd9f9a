/** CertificateSigningRequests whose PEM, names and usages are odd, and their approval. */
import fc from "fast-check"
import type { Json } from "../../../schemas/index.ts"
import { alteration, mutated, mutatedBytes } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import { bytesOf, json, pick, versioned } from "./parts.ts"

const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"

/** A PKCS#10 request of jane's for an EC key, in DER. */
const der = Buffer.from(
  "MIHNMHUCAQAwEzERMA8GA1UEAxMIamFuZS1kb2UwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASxDtaHK2O0WZ8TBmVx8k0v1mSmRbY0cA1kW0x9wEoR2jLq0ZQp0mF0bVjJ6yX4m8q1kq3bZ7pTn1mQXcRkWm3boAAwCgYIKoZIzj0EAwIDSAAwRQIhAO8kYw1h0cY2iQn3y7w5m3X0mF7bq3rJ2l1n9pG5uV0aAiB1r0wT4yqk1m9o2n7bX3c8v5q6w1e0r4t7y9u2i5o8pA==",
  "base64",
)
const pemOf = (bytes: Uint8Array, label = "CERTIFICATE REQUEST"): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`

const pem: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: mutatedBytes(fc.constant(der), [0, 1, 1, 2]).map((bytes) => pemOf(bytes)) },
  {
    weight: 1,
    arbitrary: mutatedBytes(fc.constant(Buffer.from(pemOf(der)))).map((bytes) =>
      Buffer.from(bytes).toString("latin1"),
    ),
  },
  {
    weight: 1,
    arbitrary: pick(
      "",
      "x",
      pemOf(der, "CERTIFICATE"),
      pemOf(der, "PRIVATE KEY"),
      `${pemOf(der)}${pemOf(der)}`,
      pemOf(Buffer.alloc(70_000)),
      pemOf(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])),
      pemOf(Buffer.from("30".repeat(600), "hex")),
      "-----BEGIN CERTIFICATE REQUEST-----",
    ),
  },
)
const named = pick("a", "b", "c", "d", "e", "f")
const draftOf = (real: ReadonlyArray<string>): fc.Arbitrary<Draft> => {
  const request = fc.oneof({ weight: 3, arbitrary: pick(...real) }, { weight: 2, arbitrary: pem })
  const object = fc
    .tuple(
      named,
      request,
      pick(
        "kubernetes.io/kube-apiserver-client",
        "kubernetes.io/kubelet-serving",
        "kubernetes.io/kube-apiserver-client-kubelet",
        "example.com/own",
        "x",
      ),
      pick<ReadonlyArray<string>>(
        ["client auth"],
        ["digital signature", "client auth"],
        ["digital signature", "key encipherment", "server auth"],
        ["any"],
        ["x"],
      ),
      alteration([0, 0, 0, 0, 1]),
    )
    .map(([name, text, signerName, usages, alter]) => {
      const document = alter({
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name },
        spec: { request: Buffer.from(text).toString("base64"), signerName, usages, expirationSeconds: 3_600 },
      })
      return { name, document }
    })
  const created = object.map<Draft>(({ document }) => () => ({
    method: "POST",
    url: path,
    headers: json,
    body: bytesOf(document),
  }))
  const condition = mutated(
    pick<Json>(
      { type: "Approved", status: "True", reason: "Fuzz", message: "ok" },
      { type: "Denied", status: "True", reason: "Fuzz" },
      { type: "Failed", status: "True" },
    ),
    [0, 0, 1],
  )
  const approved = fc
    .tuple(object, condition, pick("approval", "approval", "status", "x"))
    .map<Draft>(([{ name, document }, given, sub]) => (seen) => {
      const place = `${path}/${name}`
      const whole = document as { readonly [key: string]: Json }
      const body = versioned(
        {
          ...whole,
          status: {
            conditions: [given],
            certificate: sub === "status" ? Buffer.from("x").toString("base64") : null,
          },
        },
        seen.versionOf(place),
      )
      return { method: "PUT", url: `${place}/${sub}`, headers: json, body: bytesOf(body) }
    })
  const patched = fc
    .tuple(named, condition, pick("/approval", "/approval", "/status", ""))
    .map<Draft>(([name, given, sub]) => () => ({
      method: "PATCH",
      url: `${path}/${name}${sub}`,
      headers: { "content-type": "application/merge-patch+json" },
      body: bytesOf({ status: { conditions: [given] } }),
    }))
  const other = fc.tuple(named, pick("GET", "GET", "GET", "DELETE")).map<Draft>(([name, method]) => () => ({
    method,
    url: `${path}/${name}`,
    headers: {},
    body: new Uint8Array(),
  }))
  return fc.oneof(
    { weight: 6, arbitrary: created },
    { weight: 2, arbitrary: approved },
    { weight: 4, arbitrary: patched },
    { weight: 4, arbitrary: other },
  )
}

/** @param real requests that a signer would sign, in PEM */
export const certificates = (real: ReadonlyArray<string>): Slice => ({
  name: "certificates",
  about: "signing requests with broken PEM, DER, names and usages, and their approval",
  draft: draftOf(real),
})
