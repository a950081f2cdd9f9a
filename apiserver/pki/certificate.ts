/** X.509 certificates over P-256, as PEM. */
import "reflect-metadata"
import { randomBytes, webcrypto, X509Certificate } from "node:crypto"
import { isIP } from "node:net"
import * as x509 from "@peculiar/x509"

/** PEM of a certificate and its private key (PKCS #8). */
export interface KeyPair {
  readonly certificate: string
  readonly privateKey: string
}

export interface Subject {
  readonly commonName: string
  readonly organizations: ReadonlyArray<string>
}

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

export type Usage = "ca" | "server" | "client" | "serverAndClient"

export interface CertificateRequest extends Validity {
  readonly subject: Subject
  readonly usage: Usage
  /** DNS names and IP addresses. */
  readonly hosts: ReadonlyArray<string>
  /** Absent: self-signed. */
  readonly issuer?: KeyPair
}

const algorithm = { name: "ECDSA", namedCurve: "P-256" } as const
const signing = { name: "ECDSA", hash: "SHA-256" } as const

const extended: { readonly [U in Usage]: ReadonlyArray<string> } = {
  ca: [],
  server: [x509.ExtendedKeyUsage.serverAuth],
  client: [x509.ExtendedKeyUsage.clientAuth],
  serverAndClient: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
}

const isIpAddress = (host: string): boolean => isIP(host) !== 0

const extensionsOf = (request: CertificateRequest): x509.Extension[] => {
  const { KeyUsageFlags } = x509
  if (request.usage === "ca") {
    return [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ]
  }
  const names = request.hosts.map((value) => ({
    type: isIpAddress(value) ? ("ip" as const) : ("dns" as const),
    value,
  }))
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([...extended[request.usage]]),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ]
}

const nameOf = ({ commonName, organizations }: Subject): x509.JsonName => [
  ...organizations.map((organization) => ({ O: [organization] })),
  { CN: [commonName] },
]

/** A P-256 private key (PKCS #8 PEM) for signing certificates. */
export const importSigningKey = (pem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), algorithm, false, ["sign"])

/** A new key and its certificate, signed by the issuer or by itself. Rejects when the issuer cannot sign. */
export const makeCertificate = async (request: CertificateRequest): Promise<KeyPair> => {
  x509.cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const { issuer } = request
  const serial = randomBytes(16)
  serial[0] = (serial[0] ?? 0) & 0x7f
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    subject: nameOf(request.subject),
    issuer:
      issuer === undefined ? nameOf(request.subject) : new x509.X509Certificate(issuer.certificate).subject,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    signingAlgorithm: signing,
    publicKey: keys.publicKey,
    signingKey: issuer === undefined ? keys.privateKey : await importSigningKey(issuer.privateKey),
    extensions: extensionsOf(request),
  })
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)
  return {
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n`,
  }
}

/** Whether a certificate is of this CA, holds until then, and names all of the hosts. Throws when it cannot be read. */
export const serves = (
  certificate: string,
  wanted: { readonly ca: string; readonly until: Date; readonly hosts: ReadonlyArray<string> },
): boolean => {
  const parsed = new X509Certificate(certificate)
  const ca = new X509Certificate(wanted.ca)
  if (parsed.validToDate < wanted.until || !parsed.checkIssued(ca) || !parsed.verify(ca.publicKey))
    return false
  return wanted.hosts.every(
    (host) => (isIpAddress(host) ? parsed.checkIP(host) : parsed.checkHost(host)) !== undefined,
  )
}
