import "reflect-metadata"
import { spawn } from "node:child_process"
import type { webcrypto } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509"
import { expect, it } from "vitest"
import { create, record, rejection } from "../../store/conformance/world.ts"
import { type EtcdTls, isStoreError, makeEtcdStore } from "../../store/index.ts"

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const

interface Identity {
  readonly certificate: X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
  readonly cert: Buffer
  readonly key: Buffer
}

const identity = async (name: string, signer?: Identity, address = "127.0.0.1"): Promise<Identity> => {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const notBefore = new Date(Date.now() - 60_000)
  const notAfter = new Date(Date.now() + 3_600_000)
  const common = { serialNumber: "01", notBefore, notAfter, signingAlgorithm: algorithm }
  const certificate =
    signer === undefined
      ? await X509CertificateGenerator.createSelfSigned({
          ...common,
          name: `CN=${name}`,
          keys,
          extensions: [new BasicConstraintsExtension(true, undefined, true)],
        })
      : await X509CertificateGenerator.create({
          ...common,
          subject: `CN=${name}`,
          issuer: signer.certificate.subject,
          publicKey: keys.publicKey,
          signingKey: signer.keys.privateKey,
          extensions: [
            new SubjectAlternativeNameExtension([{ type: "ip", value: address }]),
            new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          ],
        })
  const key = PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY")
  return { certificate, keys, cert: Buffer.from(certificate.toString("pem")), key: Buffer.from(key) }
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port")
  return address.port
}

/** Runs an etcd on 127.0.0.1 that shows this certificate and asks for one. */
const withTlsEtcd = async (
  { authority, server }: { authority: Identity; server: Identity },
  use: (url: string) => Promise<void>,
): Promise<void> => {
  const directory = mkdtempSync(join(tmpdir(), "miren-etcd-tls-"))
  writeFileSync(join(directory, "ca"), authority.cert)
  writeFileSync(join(directory, "cert"), server.cert)
  writeFileSync(join(directory, "key"), server.key, { mode: 0o600 })
  const url = `https://127.0.0.1:${await freePort()}`
  const peer = "unix://peer:1"
  const etcd = spawn(
    "etcd",
    [
      ...[
        "--data-dir",
        "data",
        "--logger",
        "zap",
        "--listen-client-urls",
        url,
        "--advertise-client-urls",
        url,
      ],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", `default=${peer}`, "--enable-grpc-gateway=false"],
      ...["--cert-file", "cert", "--key-file", "key", "--client-cert-auth", "--trusted-ca-file", "ca"],
    ],
    { cwd: directory, stdio: "ignore" },
  )
  const exited = once(etcd, "exit")
  try {
    await use(url)
  } finally {
    etcd.kill("SIGKILL")
    await exited
    rmSync(directory, { recursive: true, force: true })
  }
}

const refused = async (url: string, tls: EtcdTls): Promise<void> => {
  const opening = makeEtcdStore({ endpoints: [url], tls, openTimeoutMs: 500 })
  expect(isStoreError(await rejection(opening), "Unavailable")).toBe(true)
}

it("talks TLS to an address with a client certificate, and to no etcd whose authority it does not know", async () => {
  const authority = await identity("authority")
  const server = await identity("server", authority)
  const { cert, key } = await identity("client", authority)
  const stranger = await identity("stranger")
  await withTlsEtcd({ authority, server }, async (url) => {
    const store = await makeEtcdStore({ endpoints: [url], tls: { ca: authority.cert, cert, key } })
    await create(store, "/registry/a", "x")
    const { recorder } = record(store, { prefix: "/registry/" })
    await create(store, "/registry/b", "x")
    await recorder.until(({ seen }) => seen.length >= 1)
    await store.close()
    await refused(url, { ca: stranger.cert, cert, key })
    await refused(url, { ca: authority.cert })
    await refused(url.replace("127.0.0.1", "localhost"), { ca: authority.cert, cert, key })
  })
})

it("talks to no etcd whose certificate is for another address", async () => {
  const authority = await identity("authority")
  const server = await identity("server", authority, "127.0.0.2")
  const { cert, key } = await identity("client", authority)
  await withTlsEtcd({ authority, server }, async (url) => {
    const opening = makeEtcdStore({
      endpoints: [url],
      tls: { ca: authority.cert, cert, key },
      openTimeoutMs: 4_000,
    })
    const error = await rejection(opening)
    expect(isStoreError(error, "Unavailable")).toBe(true)
    // Only the sentence tells a wrong certificate from an etcd that is not up yet.
    expect(String(error)).toContain("not in the cert's list")
  })
})
