import type { RequestListener } from "node:http"
import { createServer, type Server } from "node:https"
import { expect, test } from "vitest"
import { makeCertificate } from "../pki/certificate.ts"
import { TestAmbient } from "../test-world.ts"
import { fetchTextWith } from "./fetch-text.ts"
import { tokenLimits } from "./limits.ts"

const certificate = () =>
  makeCertificate({
    subject: { commonName: "issuer", organizations: [] },
    usage: "server",
    hosts: ["127.0.0.1"],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 600_000),
  })

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no address")
  return `https://127.0.0.1:${address.port}`
}

/** What a fetch from a server that answers like this comes to. */
const fetched = async (answer: RequestListener, ambient = new TestAmbient()): Promise<string> => {
  const pair = await certificate()
  const server = createServer({ cert: pair.certificate, key: pair.privateKey }, answer)
  try {
    return await fetchTextWith(ambient, pair.certificate)(await listening(server))
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test("a small text is fetched over HTTPS", async () => {
  expect(await fetched((_request, response) => response.end("keys"))).toBe("keys")
})

test.each([
  ["an error", ((_request, response) => response.writeHead(500).end()) as RequestListener],
  [
    "a redirect",
    ((_request, response) => response.writeHead(302, { location: "/" }).end()) as RequestListener,
  ],
  [
    "too much",
    ((_request, response) => response.end("x".repeat(tokenLimits.keySetBytesMax + 1))) as RequestListener,
  ],
])("%s is refused", async (_name, answer) => {
  await expect(fetched(answer)).rejects.toThrow()
})

test("an answer that does not come is not waited for", async () => {
  const ambient = new TestAmbient()
  await expect(fetched(() => ambient.advance(tokenLimits.fetchMs), ambient)).rejects.toThrow()
})

test("nothing is fetched without TLS, or from whom nobody vouches for", async () => {
  await expect(fetchTextWith(new TestAmbient(), undefined)("http://127.0.0.1/")).rejects.toThrow("https")
  const pair = await certificate()
  const server = createServer({ cert: pair.certificate, key: pair.privateKey }, (_request, response) =>
    response.end("x"),
  )
  try {
    await expect(fetchTextWith(new TestAmbient(), undefined)(await listening(server))).rejects.toThrow()
  } finally {
    server.close()
  }
})
