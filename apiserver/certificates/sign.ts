/** A certificate for a request, by the cluster's authority. */
import { randomBytes, webcrypto } from "node:crypto"
import * as x509 from "@peculiar/x509"
import { importSigningKey, type KeyPair } from "../pki/certificate.ts"
import { namesOf } from "./certificate-request.ts"
import { certificateLimits } from "./limits.ts"
import { usageExtensions } from "./usages.ts"

export interface Signing {
  readonly request: x509.Pkcs10CertificateRequest
  readonly usages: ReadonlyArray<string>
  readonly seconds: number
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly ca: KeyPair
}

const signatureAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const

const serialNumber = (): string => {
  const serial = randomBytes(16)
  serial[0] = (serial[0] ?? 0) & 0x7f
  return serial.toString("hex")
}

const alternativeNames = (request: x509.Pkcs10CertificateRequest): x509.Extension[] => {
  const { alternatives } = namesOf(request)
  const names = alternatives.flatMap(({ type, value }) =>
    type === "dns" || type === "ip" || type === "email" || type === "url" ? [{ type, value } as const] : [],
  )
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]
}

/** PEM. Never outlives the authority. */
export const signRequest = async ({ request, usages, seconds, now, ca }: Signing): Promise<string> => {
  x509.cryptoProvider.set(webcrypto)
  const authority = new x509.X509Certificate(ca.certificate)
  const notAfter = Math.min(
    now + Math.min(seconds, certificateLimits.secondsMax) * 1000,
    authority.notAfter.getTime(),
  )
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subjectName.toJSON(),
    issuer: authority.subject,
    notBefore: new Date(now - certificateLimits.backdateMs),
    notAfter: new Date(notAfter),
    signingAlgorithm: signatureAlgorithm,
    publicKey: request.publicKey,
    signingKey: await importSigningKey(ca.privateKey),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...usageExtensions(usages),
      ...alternativeNames(request),
    ],
  })
  return `${certificate.toString("pem")}\n`
}
