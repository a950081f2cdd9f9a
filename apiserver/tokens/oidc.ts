/**
 * Users of other issuers: ID tokens of OpenID Connect, believed by the issuers' published keys.
 * Source: apiserver plugin/pkg/authenticator/token/oidc; OpenID Connect Core 3.1.3.7.
 */
import type { JsonObject } from "../../schemas/index.ts"
import type { Ambient } from "../ambient.ts"
import type { UserInfo } from "../exchange.ts"
import { isObject } from "../json/index.ts"
import { type ClaimMapping, mappedUser } from "./claim-mapping.ts"
import { audiencesOf, isSignedBy, parseToken, timeProblem } from "./jwt.ts"
import { parseKeySet } from "./key-set.ts"
import { tokenLimits } from "./limits.ts"
import { type FetchText, fixedKeys, type KeySource, RemoteKeySet } from "./remote-key-set.ts"

export interface OidcIssuer {
  /** `iss` of its tokens; an https URL. */
  readonly issuer: string
  /** One of them must be in `aud`. */
  readonly audiences: ReadonlyArray<string>
  /** The issuer's key set: its text, or where it is. By default its discovery document says where. */
  readonly keySet?: { readonly text: string } | { readonly url: string }
  /** The claim that is the user's name; `sub` by default. Of `email`, `email_verified` must not be false. */
  readonly usernameClaim?: string
  /** Put in front of names; `ISSUER#` by default unless the claim is `email`. */
  readonly usernamePrefix?: string
  /** The claim that lists groups; none by default. */
  readonly groupsClaim?: string
  readonly groupsPrefix?: string
  /** Claims that must have these values. */
  readonly requiredClaims?: { readonly [claim: string]: string }
  /** Says all of its users, in place of the claims and prefixes above. */
  readonly mapping?: ClaimMapping
  /** Where its discovery document is; under the issuer's URL by default. */
  readonly discoveryURL?: string
  /** PEM of the authority of its certificates; the machine's when absent. */
  readonly ca?: string
}

export interface OidcOptions {
  readonly ambient: Ambient
  readonly fetchText: (issuer: OidcIssuer) => FetchText
  readonly onFault: (message: string, cause: unknown) => void
}

const keySourceOf = (issuer: OidcIssuer, { ambient, fetchText, onFault }: OidcOptions): KeySource => {
  const { keySet } = issuer
  if (keySet !== undefined && "text" in keySet) return fixedKeys(parseKeySet(keySet.text))
  const fetch = fetchText(issuer)
  const url = async (): Promise<string> => {
    if (keySet !== undefined) return keySet.url
    const where =
      issuer.discoveryURL ?? `${issuer.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`
    const document: unknown = JSON.parse(await fetch(where))
    const found = isObject(document) && document.issuer === issuer.issuer ? document.jwks_uri : undefined
    if (typeof found !== "string") throw new Error(`${where} does not describe ${issuer.issuer}`)
    return found
  }
  return new RemoteKeySet({ ambient, fetchText: fetch, url, onFault })
}

const textAt = (claims: JsonObject, claim: string): string | undefined => {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  return typeof value === "string" && value !== "" ? value : undefined
}

const groupsOf = (
  claims: JsonObject,
  { groupsClaim, groupsPrefix = "" }: OidcIssuer,
): ReadonlyArray<string> => {
  const value = groupsClaim !== undefined && Object.hasOwn(claims, groupsClaim) ? claims[groupsClaim] : []
  const groups = typeof value === "string" ? [value] : Array.isArray(value) ? value : []
  return groups
    .filter((group): group is string => typeof group === "string" && group !== "")
    .slice(0, tokenLimits.groupsMax)
    .map((group) => `${groupsPrefix}${group}`)
}

const isSystems = (name: string): boolean => name.startsWith("system:")

/** Names of the system's own are not for others to give. */
const checkedUser = (user: UserInfo | undefined): UserInfo | undefined =>
  user === undefined || isSystems(user.name)
    ? undefined
    : {
        ...user,
        groups: user.groups.filter((group) => !isSystems(group)).slice(0, tokenLimits.groupsMax),
      }

const userOf = (claims: JsonObject, issuer: OidcIssuer): UserInfo | undefined => {
  if (issuer.mapping !== undefined) return checkedUser(mappedUser(claims, issuer.mapping))
  const claim = issuer.usernameClaim ?? "sub"
  const name = textAt(claims, claim)
  if (name === undefined || (claim === "email" && claims.email_verified === false)) return undefined
  const prefix = issuer.usernamePrefix ?? (claim === "email" ? "" : `${issuer.issuer}#`)
  return checkedUser({ name: `${prefix}${name}`, groups: groupsOf(claims, issuer) })
}

/** One issuer's tokens. */
export class OidcTokens {
  readonly #issuer: OidcIssuer
  readonly #keys: KeySource
  readonly #ambient: Ambient

  constructor(issuer: OidcIssuer, options: OidcOptions) {
    this.#issuer = issuer
    this.#keys = keySourceOf(issuer, options)
    this.#ambient = options.ambient
  }

  claimsToBe(token: string): boolean {
    return parseToken(token)?.claims.iss === this.#issuer.issuer
  }

  /** Whose the token is; undefined when it is not to be believed. Never rejects. */
  async identify(token: string): Promise<UserInfo | undefined> {
    const parsed = parseToken(token)
    if (parsed === undefined || parsed.claims.iss !== this.#issuer.issuer) return undefined
    const { claims, header } = parsed
    const meant = audiencesOf(claims)
    if (!this.#issuer.audiences.some((audience) => meant.includes(audience))) return undefined
    if (timeProblem(claims, Math.floor(this.#ambient.now() / 1000)) !== undefined) return undefined
    const required = Object.entries(this.#issuer.requiredClaims ?? {})
    if (required.some(([claim, value]) => textAt(claims, claim) !== value)) return undefined
    const keys = await this.#keys.keysFor(typeof header.kid === "string" ? header.kid : undefined)
    return isSignedBy(parsed, keys) ? userOf(claims, this.#issuer) : undefined
  }
}
