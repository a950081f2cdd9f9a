/**
 * The yardstick of the wire rows, as a program of its own: node:https answering what it was told to, and nothing more.
 * `POST /fixed` sets the bytes that `GET /fixed` answers; `GET /stream` stays open; `POST /burst` writes its body to every
 * open stream in one write each.
 */
import "reflect-metadata"
import { webcrypto } from "node:crypto"
import type { ServerResponse } from "node:http"
import { createServer } from "node:https"
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509"

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
  "sign",
  "verify",
])) as webcrypto.CryptoKeyPair
const certificate = await X509CertificateGenerator.createSelfSigned({
  name: "CN=127.0.0.1",
  notBefore: new Date(Date.now() - 60_000),
  notAfter: new Date(Date.now() + 86_400_000),
  signingAlgorithm: algorithm,
  keys,
  extensions: [new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
})
const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64")
const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`

let fixed = Buffer.from("{}")
const streams = new Set<ServerResponse>()

const server = createServer({ cert: certificate.toString("pem"), key }, (request, response) => {
  if (request.method === "GET" && request.url === "/stream") {
    response.writeHead(200, { "content-type": "application/json" })
    response.flushHeaders()
    streams.add(response)
    response.on("close", () => streams.delete(response))
    return
  }
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "application/json", "content-length": fixed.length })
    response.end(fixed)
    return
  }
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const body = Buffer.concat(chunks)
    if (request.url === "/fixed") fixed = body
    else for (const stream of streams) stream.write(body)
    response.end("{}")
  })
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  process.stdout.write(`${JSON.stringify({ port, ca: certificate.toString("pem") })}\n`)
})
