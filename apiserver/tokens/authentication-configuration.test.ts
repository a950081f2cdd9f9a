import { generateKeyPairSync } from "node:crypto"
import { describe, expect, test } from "vitest"
import { stringify } from "yaml"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { TestAmbient } from "../test-world.ts"
import { parseAuthenticationConfiguration } from "./authentication-configuration.ts"
import { signingKey, signToken } from "./jwt.ts"
import { keySetDocument } from "./key-set.ts"
import { OidcTokens } from "./oidc.ts"

const key = signingKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)
const ambient = new TestAmbient()
const now = ambient.now() / 1000
const url = "https://login.example"

const jwt = (more: JsonObject = {}): JsonObject => ({
  issuer: { url, audiences: ["miren"] },
  claimMappings: { username: { claim: "sub", prefix: "login:" } },
  ...more,
})

const configuration = (...issuers: ReadonlyArray<Json>): string =>
  stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    jwt: [...issuers],
  })

const claims: JsonObject = {
  iss: url,
  aud: "miren",
  sub: "42",
  email: "jane@example.com",
  email_verified: true,
  groups: ["dev", "system:masters"],
  tenant: "acme",
  roles: { admin: true },
  iat: now,
  exp: now + 60,
}

/** Who the bearer of a token with these claims is. */
const userOf = async (issuer: JsonObject, more: JsonObject = {}) => {
  const [parsed] = parseAuthenticationConfiguration(configuration(issuer))
  if (parsed === undefined) throw new Error("there is no issuer")
  const keySet = { text: JSON.stringify(keySetDocument([key])) }
  const options = {
    ambient,
    fetchText: () => () => Promise.reject(new Error("no network")),
    onFault: () => {},
  }
  return new OidcTokens({ ...parsed, keySet }, options).identify(signToken({ ...claims, ...more }, key))
}

const mapped = (mappings: JsonObject, more: JsonObject = {}): JsonObject =>
  jwt({ claimMappings: { username: { claim: "sub", prefix: "" }, ...mappings }, ...more })

describe("the user of a token", () => {
  test.each<[string, JsonObject, JsonObject | undefined]>([
    ["is named by a claim with its prefix", jwt(), { name: "login:42", groups: [] }],
    [
      "is named by an expression",
      mapped({ username: { expression: "claims.tenant + ':' + claims.sub" } }),
      { name: "acme:42", groups: [] },
    ],
    [
      "has groups by a claim, none of the system's own",
      mapped({ groups: { claim: "groups", prefix: "" } }),
      { name: "42", groups: ["dev"] },
    ],
    [
      "has groups by a claim with a prefix",
      mapped({ groups: { claim: "groups", prefix: "login:" } }),
      { name: "42", groups: ["login:dev", "login:system:masters"] },
    ],
    [
      "has groups by an expression",
      mapped({ groups: { expression: "claims.groups.filter(g, g != 'dev').map(g, 'x:' + g)" } }),
      { name: "42", groups: ["x:system:masters"] },
    ],
    [
      "has a uid and extra values",
      mapped({
        uid: { claim: "sub" },
        extra: [{ key: "example.com/tenant", valueExpression: "claims.tenant" }],
      }),
      { name: "42", uid: "42", groups: [], extra: { "example.com/tenant": ["acme"] } },
    ],
    ["is nobody without the claim", mapped({ username: { claim: "nick", prefix: "" } }), undefined],
    ["is nobody where the expression fails", mapped({ username: { expression: "claims.nick" } }), undefined],
    ["is nobody where it is no text", mapped({ username: { expression: "1 + 1" } }), undefined],
    ["is nobody of the system's own", mapped({ username: { expression: "'system:admin'" } }), undefined],
    [
      "passes rules about claims",
      mapped(
        {},
        {
          claimValidationRules: [
            { claim: "tenant", requiredValue: "acme" },
            { expression: "claims.roles.admin", message: "admins only" },
          ],
        },
      ),
      { name: "42", groups: [] },
    ],
    [
      "is nobody where a claim has another value",
      mapped({}, { claimValidationRules: [{ claim: "tenant", requiredValue: "other" }] }),
      undefined,
    ],
    [
      "is nobody where an expression is false, or fails",
      mapped({}, { claimValidationRules: [{ expression: "claims.roles.owner", message: "owners only" }] }),
      undefined,
    ],
    [
      "is nobody where a rule about users is false",
      mapped({}, { userValidationRules: [{ expression: "!user.username.startsWith('4')" }] }),
      undefined,
    ],
  ])("%s", async (_, issuer, user) => {
    expect(await userOf(issuer)).toEqual(user)
  })

  test("is named by an address only if that is verified", async () => {
    const byClaim = mapped({ username: { claim: "email", prefix: "" } })
    expect((await userOf(byClaim))?.name).toBe("jane@example.com")
    expect(await userOf(byClaim, { email_verified: false })).toBeUndefined()
  })
})

test("issuers are read with all that is said of them", () => {
  const issuers = parseAuthenticationConfiguration(
    configuration(
      jwt({
        issuer: {
          url,
          discoveryURL: "https://inside.example/discovery",
          audiences: ["a", "b"],
          audienceMatchPolicy: "MatchAny",
          certificateAuthority: "PEM",
        },
      }),
      jwt({ issuer: { url: "https://other.example", audiences: ["a"] } }),
    ),
  )
  expect(issuers).toMatchObject([
    { issuer: url, audiences: ["a", "b"], discoveryURL: "https://inside.example/discovery", ca: "PEM" },
    { issuer: "https://other.example", audiences: ["a"] },
  ])
  expect(parseAuthenticationConfiguration(configuration())).toEqual([])
})

const withIssuer = (issuer: JsonObject) =>
  configuration(jwt({ issuer: { url, audiences: ["a"], ...issuer } }))

test.each([
  ["no YAML", "a: [", /no YAML/],
  ["another kind", stringify({ apiVersion: "v1", kind: "Config" }), /apiVersion: must be one of/],
  ["an issuer over http", withIssuer({ url: "http://a" }), /jwt\[0\]\.issuer\.url: must be an https URL/],
  ["no audience", withIssuer({ audiences: [] }), /audiences: at least one is required/],
  ["several audiences without a policy", withIssuer({ audiences: ["a", "b"] }), /must be MatchAny/],
  ["a field that is not known", withIssuer({ urls: "x" }), /jwt\[0\]\.issuer\.urls: is not known/],
  ["an issuer twice", configuration(jwt(), jwt()), /jwt\[1\]\.issuer\.url: is there twice/],
  ["no name", configuration(jwt({ claimMappings: {} })), /username: claim or expression is required/],
  ["a claim without a prefix", configuration(mapped({ username: { claim: "sub" } })), /prefix: is required/],
  [
    "both a claim and an expression",
    configuration(mapped({ groups: { claim: "g", prefix: "", expression: "claims.g" } })),
    /cannot both be set/,
  ],
  [
    "an expression that does not compile",
    configuration(mapped({ username: { expression: "claims." } })),
    /username\.expression: compilation failed/,
  ],
  [
    "a rule that is not about truth",
    configuration(mapped({}, { claimValidationRules: [{ expression: "'x'" }] })),
    /claimValidationRules\[0\]\.expression: compilation failed/,
  ],
  [
    "an address that nobody need have verified",
    configuration(mapped({ username: { expression: "claims.email" } })),
    /claims\.email_verified must be used/,
  ],
  [
    "an extra key without a domain",
    configuration(mapped({ extra: [{ key: "tenant", valueExpression: "claims.tenant" }] })),
    /extra\[0\]\.key: must be a domain/,
  ],
  [
    "the anonymous let in",
    stringify({
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "AuthenticationConfiguration",
      anonymous: { enabled: true },
    }),
    /anonymous\.enabled/,
  ],
])("a configuration with %s is refused", (_, text, why) => {
  expect(() => parseAuthenticationConfiguration(text)).toThrow(why)
})
