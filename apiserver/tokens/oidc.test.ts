import { generateKeyPairSync } from "node:crypto"
import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { TestAmbient, withServer } from "../test-world.ts"
import { signingKey, signToken } from "./jwt.ts"
import { keySetDocument } from "./key-set.ts"
import { tokenLimits } from "./limits.ts"
import { type OidcIssuer, OidcTokens } from "./oidc.ts"

const key = signingKey(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey)
const nextKey = signingKey(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey)
const textOf = (keys: Parameters<typeof keySetDocument>[0]): string => JSON.stringify(keySetDocument(keys))

const issuer = "https://login.example"
const base: OidcIssuer = { issuer, audiences: ["miren"], keySet: { text: textOf([key]) } }
const ambient = new TestAmbient()
const now = ambient.now() / 1000

const claims = (more: JsonObject = {}): JsonObject => ({
  iss: issuer,
  aud: "miren",
  sub: "42",
  email: "jane@example.com",
  groups: ["dev", "system:masters"],
  iat: now,
  exp: now + 60,
  ...more,
})

const tokensOf = (more: Partial<OidcIssuer> = {}) =>
  new OidcTokens(
    { ...base, ...more },
    { ambient, fetchText: () => () => Promise.reject(new Error("no network")), onFault: () => {} },
  )

test.each([
  ["by its subject, prefixed with the issuer", {}, {}, `${issuer}#42`, []],
  ["by a claim", { usernameClaim: "email" }, {}, "jane@example.com", []],
  [
    "with prefixes",
    { usernamePrefix: "oidc:", groupsClaim: "groups", groupsPrefix: "oidc:" },
    {},
    "oidc:42",
    ["oidc:dev", "oidc:system:masters"],
  ],
  ["without the groups of the system's own", { groupsClaim: "groups" }, {}, `${issuer}#42`, ["dev"]],
  ["with one group", { groupsClaim: "groups" }, { groups: "dev" }, `${issuer}#42`, ["dev"]],
  ["with one of several audiences", {}, { aud: ["other", "miren"] }, `${issuer}#42`, []],
  ["with a claim that is required", { requiredClaims: { tenant: "a" } }, { tenant: "a" }, `${issuer}#42`, []],
] as const)("a token of another issuer names its user %s", async (_name, more, given, name, groups) => {
  const user = await tokensOf(more).identify(signToken(claims(given), key))
  expect(user).toEqual({ name, groups })
})

test.each([
  ["for another audience", {}, { aud: "other" }],
  ["of another issuer", {}, { iss: "https://other.example" }],
  ["whose time is over", {}, { exp: now - 60 }],
  ["whose time has not come", {}, { nbf: now + 60 }],
  ["without an end", {}, { exp: null }],
  ["without the claim of the name", { usernameClaim: "upn" }, {}],
  ["of an address that is not verified", { usernameClaim: "email" }, { email_verified: false }],
  ["without a claim that is required", { requiredClaims: { tenant: "a" } }, { tenant: "b" }],
  ["that names a user of the system's own", { usernamePrefix: "" }, { sub: "system:admin" }],
] as const)("a token %s is refused", async (_name, more, given) => {
  expect(await tokensOf(more).identify(signToken(claims(given as JsonObject), key))).toBeUndefined()
})

test("a token of an unknown key is refused", async () => {
  expect(await tokensOf().identify(signToken(claims(), nextKey))).toBeUndefined()
})

test(
  "a server takes a token of an issuer that it was told of, beside all others",
  withServer(
    async (world) => {
      const ask = (bearerToken: string) => world.server.authenticate({ certificate: undefined, bearerToken })
      expect(await ask(signToken(claims(), key))).toEqual({
        name: `${issuer}#42`,
        groups: ["system:authenticated"],
      })
      expect(await ask(signToken(claims(), nextKey))).toBe("invalid")
    },
    { oidc: [base] },
  ),
)

test("keys are fetched by the discovery document, once, and again for a new key, not too often", async () => {
  const world = new TestAmbient()
  const fetched: string[] = []
  let served = [key]
  const fetchText = (url: string): Promise<string> => {
    fetched.push(url)
    const document = { issuer, jwks_uri: "https://login.example/keys" }
    return Promise.resolve(url.endsWith("/keys") ? textOf(served) : JSON.stringify(document))
  }
  const tokens = new OidcTokens(
    { issuer, audiences: ["miren"] },
    { ambient: world, fetchText: () => fetchText, onFault: () => {} },
  )
  const identify = async (by: typeof key) =>
    (await tokens.identify(signToken(claims({ exp: now + 9_999 }), by)))?.name
  const count = () => fetched.length
  expect(await Promise.all([identify(key), identify(key)])).toEqual([`${issuer}#42`, `${issuer}#42`])
  expect(fetched).toEqual([`${issuer}/.well-known/openid-configuration`, "https://login.example/keys"])
  served = [nextKey, key]
  expect([await identify(nextKey), count()]).toEqual([undefined, 2])
  world.advance(tokenLimits.keySetPauseMs)
  expect([await identify(nextKey), await identify(key), count()]).toEqual([`${issuer}#42`, `${issuer}#42`, 4])
  served = []
  world.advance(tokenLimits.keySetMs)
  expect([await identify(key), count()]).toEqual([undefined, 6])
})

test("an issuer that cannot be reached is reported, and what was fetched stays good", async () => {
  const world = new TestAmbient()
  const faults: string[] = []
  let up = true
  const fetchText = () => (up ? Promise.resolve(textOf([key])) : Promise.reject(new Error("down")))
  const tokens = new OidcTokens(
    { issuer, audiences: ["miren"], keySet: { url: "https://login.example/keys" } },
    { ambient: world, fetchText: () => fetchText, onFault: (message) => faults.push(message) },
  )
  const identify = async () => (await tokens.identify(signToken(claims({ exp: now + 9_999 }), key)))?.name
  expect(await identify()).toBe(`${issuer}#42`)
  up = false
  world.advance(tokenLimits.keySetMs)
  expect(await identify()).toBe(`${issuer}#42`)
  expect(faults).toHaveLength(1)
})
