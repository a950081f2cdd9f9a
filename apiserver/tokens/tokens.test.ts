import { generateKeyPairSync } from "node:crypto"
import * as fc from "fast-check"
import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import type { UserInfo } from "../exchange.ts"
import { at, type World, withServer } from "../test-world.ts"
import { type SigningKey, signingKey, signToken } from "./jwt.ts"
import { parseSigningKeys } from "./signing-keys.ts"

const pems = {
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  EdDSA: generateKeyPairSync("ed25519").privateKey,
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
}
const issuer = "https://miren.example"
const optionsWith = (key: SigningKey) => ({ tokens: { issuer, keys: [key] } })
const options = optionsWith(signingKey(pems.ES256))

const accounts = "/api/v1/namespaces/default/serviceaccounts"
const secrets = "/api/v1/namespaces/default/secrets"
const tokenReviews = "/apis/authentication.k8s.io/v1/tokenreviews"

const makeAccount = async (world: World, name = "robot"): Promise<string> =>
  String(at((await world.post(accounts, { metadata: { name } })).json, "metadata.uid"))

const request = (world: World, spec: JsonObject = {}, user?: UserInfo) =>
  world.post(`${accounts}/robot/token`, { spec }, user === undefined ? {} : { user })

const tokenOf = async (world: World, spec: JsonObject = {}): Promise<string> =>
  String(at((await request(world, spec)).json, "status.token"))

/** Who the server takes the bearer of a token for. */
const bearer = (world: World, bearerToken: string) =>
  world.server.authenticate({ certificate: undefined, bearerToken })

const userName = async (world: World, token: string): Promise<string> => {
  const user = await bearer(world, token)
  return user === "invalid" ? "invalid" : user.name
}

test.each(Object.entries(pems))("a token signed with %s says who the account is", (_name, pem) =>
  withServer(
    async (world) => {
      const uid = await makeAccount(world)
      const answer = await request(world)
      expect([answer.status, answer.json.kind, answer.json.apiVersion]).toEqual([
        201,
        "TokenRequest",
        "authentication.k8s.io/v1",
      ])
      expect(at(answer.json, "status.expirationTimestamp")).toBe("2030-01-01T01:00:00Z")
      const user = await bearer(world, String(at(answer.json, "status.token")))
      expect(user).toMatchObject({
        name: "system:serviceaccount:default:robot",
        uid,
        groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
      })
    },
    optionsWith(signingKey(pem)),
  )(),
)

test(
  "a token ends with its time, whatever is remembered of it",
  withServer(async (world) => {
    await makeAccount(world)
    const token = await tokenOf(world, { expirationSeconds: 600 })
    expect(await userName(world, token)).toBe("system:serviceaccount:default:robot")
    world.ambient.advance(611_000)
    expect(await userName(world, token)).toBe("invalid")
  }, options),
)

test(
  "a token ends with its account, and does not come back with another of the name",
  withServer(async (world) => {
    await makeAccount(world)
    const token = await tokenOf(world)
    await world.delete(`${accounts}/robot`)
    expect(await userName(world, token)).toBe("invalid")
    await makeAccount(world)
    expect(await userName(world, token)).toBe("invalid")
    expect(await userName(world, await tokenOf(world))).toBe("system:serviceaccount:default:robot")
  }, options),
)

test.each([
  ["Secret", "v1", secrets, { metadata: { name: "s" } }],
  ["Node", "v1", "/api/v1/nodes", { metadata: { name: "s" } }],
] as const)("a token bound to a %s ends with it", (kind, apiVersion, path, body) =>
  withServer(async (world) => {
    await makeAccount(world)
    await world.post(path, body)
    const token = await tokenOf(world, { boundObjectRef: { kind, apiVersion, name: "s" } })
    expect(await userName(world, token)).toBe("system:serviceaccount:default:robot")
    await world.delete(`${path}/s`)
    expect(await userName(world, token)).toBe("invalid")
    await world.post(path, body)
    expect(await userName(world, token)).toBe("invalid")
  }, options)(),
)

test.each([
  ["too short a time", { expirationSeconds: 599 }, 422],
  ["too long a time", { expirationSeconds: 2 ** 33 }, 422],
  ["a time that is no number", { expirationSeconds: "1h" }, 422],
  ["an audience that is no text", { audiences: [1] }, 422],
  [
    "a kind that nothing can be bound to",
    { boundObjectRef: { kind: "ConfigMap", apiVersion: "v1", name: "a" } },
    422,
  ],
  ["an object that is missing", { boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "none" } }, 404],
] as const)("a token request with %s is refused", (_name, spec, code) =>
  withServer(async (world) => {
    await makeAccount(world)
    expect((await request(world, spec as unknown as JsonObject)).status).toBe(code)
  }, options)(),
)

test(
  "a token is asked for a living account, by those who may, with its other uid refused",
  withServer(async (world) => {
    expect((await request(world)).json.reason).toBe("NotFound")
    await makeAccount(world)
    const jane = { name: "jane", groups: ["system:authenticated"] }
    expect((await request(world, {}, jane)).json.message).toContain(
      'cannot create resource "serviceaccounts/token"',
    )
    await world.post(secrets, { metadata: { name: "s" } })
    const other = { boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "s", uid: "other" } }
    expect((await request(world, other)).json.reason).toBe("Conflict")
    expect((await world.get(`${accounts}/robot/token`)).status).toBe(405)
  }, options),
)

test(
  "a token for another audience is no token here, but a review for that audience knows it",
  withServer(async (world) => {
    await makeAccount(world)
    const token = await tokenOf(world, { audiences: ["vault"] })
    expect(await userName(world, token)).toBe("invalid")
    const review = async (audiences: ReadonlyArray<string>) =>
      (await world.post(tokenReviews, { spec: { token, audiences } })).json.status
    expect(await review([])).toMatchObject({ authenticated: false })
    expect(await review(["other"])).toMatchObject({ authenticated: false })
    expect(await review(["other", "vault"])).toMatchObject({
      authenticated: true,
      audiences: ["vault"],
      user: { username: "system:serviceaccount:default:robot" },
    })
  }, options),
)

test(
  "a token that was changed, signed by another, or of another algorithm is refused",
  withServer(async (world) => {
    await makeAccount(world)
    const token = await tokenOf(world)
    const [head = "", body = "", signature = ""] = token.split(".")
    const claims = JSON.parse(Buffer.from(body, "base64url").toString())
    const forged = { ...claims, sub: "system:serviceaccount:default:admin" }
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
    for (const wrong of [
      `${head}.${encoded(forged)}.${signature}`,
      signToken(claims, signingKey(pems.RS256)),
      `${encoded({ alg: "none" })}.${body}.${signature}`,
      `${encoded({ alg: "HS256" })}.${body}.${signature}`,
      `${head}.${body}.`,
      `${token}.x`,
      "not a token",
    ]) {
      expect(await userName(world, wrong), wrong.slice(0, 20)).not.toMatch(/serviceaccount/)
    }
    expect(await userName(world, token)).toMatch(/serviceaccount/)
  }, options),
)

test(
  "whatever a bearer token is, it is nobody's and no defect",
  withServer(async (world) => {
    const claims = fc.record({
      iss: fc.constant(issuer),
      aud: fc.jsonValue(),
      exp: fc.jsonValue(),
      sub: fc.jsonValue(),
      "kubernetes.io": fc.jsonValue(),
    })
    const part = fc.oneof(
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      claims.map((value) => JSON.stringify(value)),
    )
    const text = fc
      .tuple(part, part, fc.string())
      .map((parts) => parts.map((item) => Buffer.from(item).toString("base64url")).join("."))
    const signed = claims.map((value) =>
      signToken(JSON.parse(JSON.stringify(value)), options.tokens.keys[0] ?? signingKey(pems.EdDSA)),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, signed, fc.string()), async (token) => {
        expect(await userName(world, token)).toMatch(/^(invalid|system:anonymous)$/)
      }),
    )
  }, options),
)

test(
  "who issues tokens is told, with the keys, to ServiceAccounts",
  withServer(async (world) => {
    const user = {
      name: "system:serviceaccount:a:b",
      groups: ["system:serviceaccounts", "system:authenticated"],
    }
    const about = await world.get("/.well-known/openid-configuration", { user })
    expect(about.json).toMatchObject({
      issuer,
      jwks_uri: `${issuer}/openid/v1/jwks`,
      id_token_signing_alg_values_supported: ["ES256"],
    })
    const keys = await world.get("/openid/v1/jwks", { user })
    expect(keys.headers["content-type"]).toBe("application/jwk-set+json")
    expect(at(keys.json, "keys.0")).toMatchObject({ kty: "EC", crv: "P-256", use: "sig", alg: "ES256" })
    expect(keys.text).not.toContain('"d"')
    expect(
      (await world.get("/openid/v1/jwks", { user: { ...user, groups: ["system:authenticated"] } })).status,
    ).toBe(403)
  }, options),
)

test("discovery tells of the token subresource", () =>
  withServer(async (world) => {
    const { json } = await world.get("/api/v1")
    const rows = json.resources as unknown as ReadonlyArray<JsonObject>
    expect(rows.find(({ name }) => name === "serviceaccounts/token")).toEqual({
      name: "serviceaccounts/token",
      singularName: "",
      namespaced: true,
      group: "authentication.k8s.io",
      version: "v1",
      kind: "TokenRequest",
      verbs: ["create"],
    })
  }, options)())

const pemOf = (key: keyof typeof pems): string =>
  pems[key].export({ type: "pkcs8", format: "pem" }).toString()

test("a key file is rotated by its order: the first signs, all are believed", () => {
  const keys = parseSigningKeys(`${pemOf("EdDSA")}\n${pemOf("ES256")}`)
  expect(keys.map(({ algorithm }) => algorithm)).toEqual(["EdDSA", "ES256"])
  expect(() => parseSigningKeys("none")).toThrow(TypeError)
})
