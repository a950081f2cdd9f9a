/** Certificate requests that a signer signs, and the authority that signs them. Made anew in each process: keys are not kept. */
import "reflect-metadata"
import { webcrypto } from "node:crypto"
import * as x509 from "@peculiar/x509"
import { type KeyPair, makeCertificate } from "../../apiserver/pki/certificate.ts"

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

export const makeSigningRequests = async (): Promise<ReadonlyArray<string>> => {
  x509.cryptoProvider.set(webcrypto as Crypto)
  const names = ["CN=jane", "CN=system:node:base, O=system:nodes", "CN=x"]
  return Promise.all(
    names.map(async (name) => {
      const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
      const request = await x509.Pkcs10CertificateRequestGenerator.create({
        name,
        keys,
        signingAlgorithm: algorithm,
      })
      return request.toString("pem")
    }),
  )
}

export const makeAuthority = (): Promise<KeyPair> =>
  makeCertificate({
    subject: { commonName: "fuzz-ca", organizations: [] },
    usage: "ca",
    hosts: [],
    notBefore: new Date(Date.UTC(2029, 0, 1)),
    notAfter: new Date(Date.UTC(2040, 0, 1)),
  })
