/** Who may do what: reviews, tokens, impersonation, roles written by people who may not give what they hold. */
import fc from "fast-check"
import type { UserInfo } from "../../../apiserver/index.ts"
import type { Json } from "../../../schemas/index.ts"
import {
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  pathOf,
  roleBindings,
  roles,
  secrets,
  widgets,
} from "../corpus.ts"
import { alteration, mutated, oddString } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import { bodyless, bytesOf, fixed, json, mostly, name, pick, urlOf, writeQuery } from "./parts.ts"

const alice: UserInfo = { name: "alice", groups: ["system:authenticated"] }
const users: ReadonlyArray<UserInfo> = [
  alice,
  { name: "system:serviceaccount:default:base", groups: ["system:serviceaccounts", "system:authenticated"] },
  { name: "system:anonymous", groups: ["system:unauthenticated"] },
  { name: "system:node:base", groups: ["system:nodes", "system:authenticated"] },
  { name: "", groups: [] },
]

const authentication = "/apis/authentication.k8s.io/v1"
const authorization = "/apis/authorization.k8s.io/v1"
const tokenPath = "/api/v1/namespaces/default/serviceaccounts/base/token"

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")
const claims = {
  iss: "https://miren.example",
  sub: "system:serviceaccount:default:base",
  aud: ["https://miren.example"],
  exp: 1e10,
  iat: 1,
  nbf: 1,
  "kubernetes.io": { namespace: "default", serviceaccount: { name: "base", uid: "u" } },
}
const oddTokens = [
  ...[
    "",
    "a",
    "a.b",
    "a.b.c",
    "..",
    "a.b.c.d",
    "é.é.é",
    "x".repeat(20_000),
    "Bearer a",
    "\u0000",
    `${"a.".repeat(5_000)}b`,
  ],
  ...[
    { alg: "none" },
    { alg: "HS256" },
    { alg: "ES256", kid: "__proto__" },
    { alg: 5 },
    null,
    [],
    "x",
    { alg: "RS256", crit: ["b64"], b64: false },
  ].map((head) => `${encode(head)}.${encode(claims)}.c2ln`),
  ...[
    null,
    [],
    "x",
    { ...claims, exp: "x" },
    { ...claims, aud: 5 },
    { ...claims, sub: {} },
    { ...claims, exp: 1e308 },
  ].map((body) => `${encode({ alg: "ES256" })}.${encode(body)}.c2ln`),
  `${encode({ alg: "ES256" })}.${"e30".repeat(2_000)}.${"AA".repeat(64)}`,
]

/** A token of this server, as it was or with a few characters altered; or one of nobody's. */
const review: fc.Arbitrary<Draft> = fc
  .tuple(
    pick(...oddTokens),
    fc.nat(3),
    fc.nat(2_000),
    oddString,
    pick<ReadonlyArray<string> | undefined>(undefined, ["https://miren.example"], ["other", ""], []),
  )
  .map(([odd, which, at, text, audiences]) => ({ tokens }) => {
    const real = tokens.at(-1)
    const altered =
      real === undefined
        ? odd
        : `${real.slice(0, at % real.length)}${text}${real.slice((at % real.length) + 1)}`
    const token = which === 0 ? odd : which === 1 ? altered : (real ?? odd)
    const spec = audiences === undefined ? { token } : { token, audiences }
    return { method: "POST", url: `${authentication}/tokenreviews`, headers: json, body: bytesOf({ spec }) }
  })
const tokenRequest: fc.Arbitrary<Draft> = mutated(
  pick<Json>(
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 600 } },
    { spec: { audiences: ["https://miren.example", "b"], expirationSeconds: 3_600 } },
    { spec: { audiences: ["x"], boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "base" } } },
    { spec: { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "base", uid: "u" } } },
  ),
  [0, 0, 1, 2],
).map((body) => fixed({ method: "POST", url: tokenPath, headers: json, body: bytesOf(body) }))

const attributes: Json = {
  namespace: "default",
  verb: "get",
  group: "",
  version: "v1",
  resource: "configmaps",
  subresource: "",
  name: "base",
}
const accessReview: fc.Arbitrary<Draft> = fc
  .tuple(
    pick("subjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    mutated(
      pick<Json>(
        { spec: { user: "alice", groups: ["g"], resourceAttributes: attributes } },
        { spec: { user: "alice", nonResourceAttributes: { path: "/metrics", verb: "get" } } },
        { spec: { resourceAttributes: attributes } },
        { spec: { namespace: "default" } },
        {
          spec: {
            user: "u",
            extra: { a: ["b"] },
            resourceAttributes: {
              verb: "list",
              resource: "pods",
              fieldSelector: { rawSelector: "a=b" },
              labelSelector: { requirements: [{ key: "a", operator: "In", values: ["b"] }] },
            },
          },
        },
      ),
    ),
  )
  .map(([plural, body]) =>
    fixed({ method: "POST", url: `${authorization}/${plural}`, headers: json, body: bytesOf(body) }),
  )
const otherReviews = fc
  .tuple(
    pick(
      `${authorization}/namespaces/default/localsubjectaccessreviews`,
      `${authentication}/selfsubjectreviews`,
    ),
    mutated(pick<Json>({ spec: { user: "alice", resourceAttributes: attributes } }, {}), [0, 1]),
  )
  .map(([url, body]) => fixed({ method: "POST", url, headers: json, body: bytesOf(body) }))

const impersonation = mostly(
  fc.record({ "impersonate-user": pick("alice", "system:serviceaccount:default:base") }),
  fc.record({
    "impersonate-user": oddString,
    "impersonate-group": pick("a", "system:masters", "a,b", ""),
    "impersonate-uid": oddString,
    "impersonate-extra-scopes": oddString,
    "impersonate-extra-%zz": oddString,
  }),
  4,
)
const places = [configMaps, secrets, widgets, roles, clusterRoles].flatMap((kind) => [
  pathOf(kind),
  `${pathOf(kind)}/base`,
])
const asSomebody: fc.Arbitrary<Draft> = fc
  .tuple(
    pick(...places, "/metrics", "/healthz", "/apis"),
    pick(...users),
    fc.boolean(),
    impersonation,
    pick("", "?watch=1&fieldSelector=metadata.name%3Dbase", "?limit=1"),
  )
  .map(([path, user, impersonates, headers, query]) => {
    const request = {
      method: "GET",
      url: `${path}${query}`,
      headers: impersonates ? headers : {},
      body: bodyless,
    }
    return fixed(impersonates ? request : { ...request, user })
  })

const grants = [roles, clusterRoles, roleBindings, clusterRoleBindings]
const granted: fc.Arbitrary<Draft> = fc
  .tuple(
    fc
      .tuple(pick(...grants), name, alteration([0, 0, 1, 2]))
      .map(([kind, named, alter]) => ({ kind, named, document: alter(kind.object(named)) })),
    fc.nat(5),
    fc.boolean(),
    writeQuery,
  )
  .map(([{ kind, named, document }, who, creates, query]) => {
    const isNew = creates && named !== "base"
    const url = urlOf(isNew ? pathOf(kind) : `${pathOf(kind)}/${named}`, query)
    const request = { method: isNew ? "POST" : "PUT", url, headers: json, body: bytesOf(document) }
    return fixed(who === 0 ? { ...request, user: alice } : request)
  })

export const access: Slice = {
  name: "access",
  about: "reviews, tokens with characters altered, impersonation, and roles that give too much",
  weight: 2,
  draft: fc.oneof(
    { weight: 3, arbitrary: review },
    { weight: 2, arbitrary: tokenRequest },
    { weight: 3, arbitrary: accessReview },
    { weight: 1, arbitrary: otherReviews },
    { weight: 4, arbitrary: asSomebody },
    { weight: 3, arbitrary: granted },
  ),
}
