/** A TLS server on a free loopback port with a certificate of its own authority, for tests of transports. */
import "reflect-metadata"
import { webcrypto } from "node:crypto"
import type * as http from "node:http"
import * as http2 from "node:http2"
import * as https from "node:https"
import type { AddressInfo, Socket } from "node:net"
import * as x509 from "@peculiar/x509"

export interface TlsServer {
  readonly url: string
  readonly ca: string
  /** Open connections: to cut them. */
  readonly sockets: ReadonlySet<Socket>
  readonly connections: () => number
  readonly close: () => Promise<void>
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

const certificate = async (): Promise<{ readonly cert: string; readonly key: string }> => {
  x509.cryptoProvider.set(webcrypto as Crypto)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test",
    notBefore: new Date("2020-01-01T00:00:00Z"),
    notAfter: new Date("2120-01-01T00:00:00Z"),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true),
      new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
    ],
  })
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64")
  return { cert: cert.toString("pem"), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----` }
}

export const startTlsServer = async (
  protocol: "h2" | "http/1.1",
  listener: (request: http.IncomingMessage, response: http.ServerResponse) => void,
): Promise<TlsServer> => {
  const credentials = await certificate()
  const server =
    protocol === "h2"
      ? http2.createSecureServer(
          { ...credentials, allowHTTP1: true },
          listener as unknown as (
            request: http2.Http2ServerRequest,
            response: http2.Http2ServerResponse,
          ) => void,
        )
      : https.createServer(credentials, listener)
  const sockets = new Set<Socket>()
  let connections = 0
  server.on("connection", (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: credentials.cert,
    sockets,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
