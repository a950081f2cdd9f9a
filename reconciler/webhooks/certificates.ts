/**
 * The authority that signs what webhooks serve, and when it is replaced. Start with {@link ensureAuthority}.
 *
 * 1. There is none, or it cannot be used: a new one, and a certificate by it.
 * 2. Two thirds of the authority's time are over: a new one joins it in the bundle that servers trust.
 * 3. The new one has been in the bundle long enough for servers to see: it signs the next certificate.
 * 4. Two thirds of the certificate's time are over, or it does not name the hosts: a new one.
 * 5. An authority that signs nothing any more and is not the newest leaves the bundle.
 */
import "reflect-metadata"
import { randomBytes, webcrypto, X509Certificate } from "node:crypto"
import { isIP } from "node:net"
import * as x509 from "@peculiar/x509"
import { Duration } from "effect"
import { authorityLifetime, authoritySettle, backdate, certificateLifetime } from "./limits.ts"

/** PEM of a certificate and of its private key (PKCS #8). */
export interface KeyPair {
  readonly certificate: string
  readonly privateKey: string
}

export interface Authority {
  /** The newest first: it will sign, once it has settled. */
  readonly authorities: readonly [KeyPair, ...Array<KeyPair>]
  readonly serving: KeyPair
}

/** What servers are told to trust: PEM. */
export const bundleOf = ({ authorities }: Authority): string =>
  authorities.map(({ certificate }) => certificate).join("")

const algorithm = { name: "ECDSA", namedCurve: "P-256" } as const

const make = async (request: {
  readonly commonName: string
  readonly nowMs: number
  readonly lifetime: Duration.Duration
  readonly issuer?: KeyPair
  readonly extensions: Array<x509.Extension>
}): Promise<KeyPair> => {
  x509.cryptoProvider.set(webcrypto)
  const { commonName, nowMs, lifetime, issuer } = request
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const name: x509.JsonName = [{ CN: [commonName] }]
  const serial = randomBytes(16)
  serial[0] = (serial[0] ?? 0) & 0x7f
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    subject: name,
    issuer: issuer === undefined ? name : new x509.X509Certificate(issuer.certificate).subject,
    notBefore: new Date(nowMs - Duration.toMillis(backdate)),
    notAfter: new Date(nowMs + Duration.toMillis(lifetime)),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    publicKey: keys.publicKey,
    signingKey:
      issuer === undefined
        ? keys.privateKey
        : await webcrypto.subtle.importKey(
            "pkcs8",
            x509.PemConverter.decodeFirst(issuer.privateKey),
            algorithm,
            false,
            ["sign"],
          ),
    extensions: request.extensions,
  })
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)
  return {
    certificate: `${certificate.toString("pem")}\n`,
    privateKey: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n`,
  }
}

const makeAuthority = (name: string, nowMs: number): Promise<KeyPair> =>
  make({
    // Names differ, so that a verifier never takes one authority for the next.
    commonName: `${name} webhooks ${randomBytes(4).toString("hex")}`,
    nowMs,
    lifetime: authorityLifetime,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })

const makeServing = (issuer: KeyPair, { hosts, nowMs }: Wanted): Promise<KeyPair> =>
  make({
    commonName: hosts[0] ?? "webhooks",
    nowMs,
    lifetime: certificateLifetime,
    issuer,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
    ],
  })

export interface Wanted {
  /** In the names of authorities: who owns the webhooks. */
  readonly name: string
  readonly hosts: ReadonlyArray<string>
  readonly nowMs: number
}

const beganMs = (parsed: X509Certificate): number =>
  parsed.validFromDate.getTime() + Duration.toMillis(backdate)

/** Two thirds of its time are over. */
const isDue = (certificate: string, nowMs: number): boolean => {
  const parsed = new X509Certificate(certificate)
  const from = beganMs(parsed)
  return nowMs >= from + ((parsed.validToDate.getTime() - from) * 2) / 3
}

const isIssuer = (authority: KeyPair, serving: KeyPair): boolean => {
  const [ca, parsed] = [new X509Certificate(authority.certificate), new X509Certificate(serving.certificate)]
  return parsed.checkIssued(ca) && parsed.verify(ca.publicKey)
}

const namesAll = (certificate: string, hosts: ReadonlyArray<string>): boolean => {
  const parsed = new X509Certificate(certificate)
  return hosts.every(
    (host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined,
  )
}

const begin = async (wanted: Wanted): Promise<Authority> => {
  const authority = await makeAuthority(wanted.name, wanted.nowMs)
  return { authorities: [authority], serving: await makeServing(authority, wanted) }
}

/** The same object where nothing is due. */
export const ensureAuthority = async (known: Authority | undefined, wanted: Wanted): Promise<Authority> => {
  if (known === undefined) return begin(wanted)
  const { nowMs } = wanted
  const newest = known.authorities[0]
  if (isDue(newest.certificate, nowMs)) {
    const next = await makeAuthority(wanted.name, nowMs)
    const isOver = new X509Certificate(newest.certificate).validToDate.getTime() <= nowMs
    // Nobody could have used it: what comes after it need not wait to be seen.
    if (isOver) return { authorities: [next], serving: await makeServing(next, wanted) }
    return { authorities: [next, ...known.authorities], serving: known.serving }
  }
  const isSettled =
    nowMs >= beganMs(new X509Certificate(newest.certificate)) + Duration.toMillis(authoritySettle)
  const signer = isSettled
    ? newest
    : (known.authorities.find((one) => isIssuer(one, known.serving)) ?? newest)
  const isRight =
    isIssuer(signer, known.serving) &&
    !isDue(known.serving.certificate, nowMs) &&
    namesAll(known.serving.certificate, wanted.hosts)
  const serving = isRight ? known.serving : await makeServing(signer, wanted)
  const older = known.authorities.slice(1).filter((authority) => isIssuer(authority, serving))
  return isRight && older.length === known.authorities.length - 1
    ? known
    : { authorities: [newest, ...older], serving }
}
