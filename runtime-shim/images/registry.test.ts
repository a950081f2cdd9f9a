import { createHash } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Stream } from "effect"
import { afterEach, describe, expect, it } from "vitest"
import { startRegistry, type TestRegistry } from "../../test/kit/registry.ts"
import { pullFromRegistry } from "./registry.ts"
import { askForToken, parseChallenge } from "./registry-auth.ts"
import { writeTar } from "./tar-writer.ts"

const LAYER = writeTar({ a: { content: "a" } })

let registry: TestRegistry | undefined

afterEach(async () => {
  await registry?.close()
  registry = undefined
})

const open = async () => {
  registry = await startRegistry(LAYER)
  return registry
}

const reason = (reference: string) =>
  Effect.runPromise(Effect.map(Effect.flip(Effect.asVoid(pullFromRegistry()(reference))), (error) => error))

describe("a pull", () => {
  it("signs in with a token, follows the index and gives layers that match their digests", async () => {
    const { reference } = await open()
    const parts = await Effect.runPromise(pullFromRegistry()(reference))
    expect(parts.config.parsed.cmd).toEqual(["/bin/sh", "-c", "echo pulled"])
    const [layer] = parts.layers
    if (layer === undefined) throw new Error("it has no layer")
    const chunks = await Effect.runPromise(Stream.runCollect(parts.chunks(layer)))
    const hash = createHash("sha256").update(Buffer.concat([...chunks]))
    expect(`sha256:${hash.digest("hex")}`).toBe(layer.digest)
  })
  it("of what is not there, or not as its digest says, is ImagePullFailed", async () => {
    const { host, indexDigest } = await open()
    const wrong = indexDigest.replace(/.$/, (last) => (last === "0" ? "1" : "0"))
    for (const reference of [`${host}/team/app:2`, `${host}/team/app@${wrong}`, "not a reference"]) {
      expect((await reason(reference)).reason).toBe("ImagePullFailed")
    }
  })
  it("from where nobody listens is ImagePullFailed", async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    expect((await reason(`127.0.0.1:${port}/team/app:1`)).reason).toBe("ImagePullFailed")
  })
  it("keeps a password out of its errors", async () => {
    const server = createServer((_, response) =>
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end(),
    )
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    const pull = pullFromRegistry(() => Effect.succeed({ username: "me", password: "hunter2" }))
    const error = await Effect.runPromise(Effect.flip(Effect.asVoid(pull(`127.0.0.1:${port}/a/b:1`))))
    expect(error.reason).toBe("ImagePullFailed")
    expect(JSON.stringify(error) + error.message + String(error.cause)).not.toContain("hunter2")
    server.closeAllConnections()
    server.close()
  })
})

describe("a challenge", () => {
  it("is read into its parameters", () => {
    const header =
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull"'
    expect(Object.fromEntries(parseChallenge(header))).toEqual({
      realm: "https://auth.test/token",
      service: "registry.test",
      scope: "repository:a/b:pull",
    })
  })
  it.each([
    ['Bearer realm="http://auth.test/token"', "not https"],
    ["Negotiate", "unknown sign-in"],
    ['Bearer realm="nonsense"', "unknown sign-in"],
  ])("%s is not answered", async (challenge, words) => {
    const request = {
      repository: "a/b",
      credentials: { username: "me", password: "secret" },
      allowsHttp: false,
      signal: new AbortController().signal,
    }
    await expect(askForToken(challenge, request)).rejects.toThrow(words)
  })
})
