/** Certificates for one test: an authority, a server, the API server's client and a stranger's. */
import "reflect-metadata"
import { webcrypto } from "node:crypto"
import * as x509 from "@peculiar/x509"

interface KeyPair {
  readonly cert: string
  readonly key: string
}

export interface Credentials {
  readonly authority: string
  readonly server: KeyPair & { readonly clientCa: string }
  readonly clients: { readonly apiserver: KeyPair; readonly stranger: KeyPair }
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
const validity = { notBefore: new Date("2020-01-01"), notAfter: new Date("2049-01-01") }

const pemOf = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")

const generate = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])

export const issueCredentials = async (): Promise<Credentials> => {
  x509.cryptoProvider.set(webcrypto as Crypto)
  const authorityKeys = await generate()
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=authority",
    ...validity,
    signingAlgorithm: algorithm,
    keys: authorityKeys,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  })
  const issue = async (name: string, serialNumber: string): Promise<KeyPair> => {
    const keys = await generate()
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber,
      subject: `CN=${name}`,
      issuer: authority.subject,
      ...validity,
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: authorityKeys.privateKey,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
    })
    return { cert: certificate.toString("pem"), key: await pemOf(keys.privateKey) }
  }
  const ca = authority.toString("pem")
  return {
    authority: ca,
    server: { ...(await issue("node", "02")), clientCa: ca },
    clients: { apiserver: await issue("apiserver", "03"), stranger: await issue("stranger", "04") },
  }
}
