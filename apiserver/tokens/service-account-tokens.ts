/**
 * Tokens of ServiceAccounts: made and believed by this cluster alone.
 *
 * Guarantees: a token is refused once its time is over, or its ServiceAccount or the object it is bound to is gone or was
 * made anew. Source: pkg/serviceaccount claims and KEP-1205.
 */
import type { JsonObject } from "../../schemas/index.ts"
import type { UserInfo } from "../exchange.ts"
import { isObject } from "../json/index.ts"
import { serviceAccountName } from "../rbac/index.ts"
import type { RegistryContext } from "../registry/context.ts"
import {
  type BoundKind,
  boundKindNames,
  boundKindRow,
  livingAccountUid,
  livingBoundUid,
} from "./bound-objects.ts"
import { audiencesOf, isSignedBy, parseToken, type SigningKey, signToken, timeProblem } from "./jwt.ts"
import { VerifiedTokens } from "./verified-tokens.ts"

export interface TokenOptions {
  /** `iss` of tokens, and where their discovery documents are. */
  readonly issuer: string
  /** The first signs, all are believed. */
  readonly keys: ReadonlyArray<SigningKey>
  /** Whom a token must be meant for to be believed here; the issuer by default. The first is what a token gets that asks for none. */
  readonly audiences?: ReadonlyArray<string>
  /** The longest life that a token gets, whatever it asks for. */
  readonly expirationSecondsMax?: number
}

export interface Issue {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly audiences: ReadonlyArray<string>
  readonly seconds: number
  readonly bound: { readonly kind: BoundKind; readonly name: string; readonly uid: string } | undefined
}

const claimsKey = "kubernetes.io"

interface Named {
  readonly name: string
  readonly uid: string
}

const namedOf = (value: unknown): Named | undefined => {
  if (!isObject(value)) return undefined
  const { name, uid } = value
  return typeof name === "string" && typeof uid === "string" ? { name, uid } : undefined
}

export class ServiceAccountTokens {
  readonly #context: RegistryContext
  readonly #options: TokenOptions
  readonly #verified = new VerifiedTokens()

  constructor(context: RegistryContext, options: TokenOptions) {
    this.#context = context
    this.#options = options
  }

  get issuer(): string {
    return this.#options.issuer
  }

  get keys(): ReadonlyArray<SigningKey> {
    return this.#options.keys
  }

  /** Whom tokens are meant for that are meant for this server. */
  get audiences(): ReadonlyArray<string> {
    return this.#options.audiences ?? [this.#options.issuer]
  }

  get secondsMax(): number {
    return this.#options.expirationSecondsMax ?? Number.POSITIVE_INFINITY
  }

  #now(): number {
    return Math.floor(this.#context.ambient.now() / 1000)
  }

  issue(issue: Issue): { readonly token: string; readonly expires: number } {
    const [key] = this.#options.keys
    if (key === undefined) throw new Error("there is no key to sign tokens with")
    const now = this.#now()
    const { namespace, name, uid, bound } = issue
    const own = {
      namespace,
      serviceaccount: { name, uid },
      ...(bound === undefined
        ? {}
        : { [boundKindRow(bound.kind).claim]: { name: bound.name, uid: bound.uid } }),
    }
    const expires = now + issue.seconds
    const claims: JsonObject = {
      aud: issue.audiences,
      exp: expires,
      iat: now,
      iss: this.issuer,
      jti: this.#context.ambient.uuid(),
      [claimsKey]: own,
      nbf: now,
      sub: serviceAccountName(namespace, name),
    }
    return { token: signToken(claims, key), expires }
  }

  /** Whether a token says that it is one of ours; that it is, is not checked. */
  claimsToBe(token: string): boolean {
    return this.#verified.get(token) !== undefined || parseToken(token)?.claims.iss === this.issuer
  }

  /** Whose the token is; undefined when it is not (or no longer) to be believed, or not meant for the audiences. */
  identify(token: string, audiences: ReadonlyArray<string>): UserInfo | undefined {
    const claims = this.#claimsOf(token)
    if (claims === undefined || timeProblem(claims, this.#now()) !== undefined) return undefined
    const meant = audiencesOf(claims)
    if (!audiences.some((audience) => meant.includes(audience))) return undefined
    return this.#userOf(claims)
  }

  #claimsOf(token: string): JsonObject | undefined {
    const known = this.#verified.get(token)
    if (known !== undefined) return known
    const parsed = parseToken(token)
    if (parsed === undefined || parsed.claims.iss !== this.issuer) return undefined
    if (!isSignedBy(parsed, this.#options.keys)) return undefined
    this.#verified.add(token, parsed.claims)
    return parsed.claims
  }

  #userOf(claims: JsonObject): UserInfo | undefined {
    const own = claims[claimsKey]
    if (!isObject(own) || typeof own.namespace !== "string") return undefined
    const { namespace } = own
    const account = namedOf(own.serviceaccount)
    if (account === undefined || claims.sub !== serviceAccountName(namespace, account.name)) return undefined
    if (livingAccountUid(this.#context, { namespace, name: account.name }) !== account.uid) return undefined
    const extra: Record<string, ReadonlyArray<string>> = {}
    for (const kind of boundKindNames) {
      const { claim } = boundKindRow(kind)
      if (own[claim] === undefined) continue
      const bound = namedOf(own[claim])
      if (bound === undefined) return undefined
      if (livingBoundUid(this.#context, kind, { namespace, name: bound.name }) !== bound.uid) return undefined
      if (claim === "secret") continue
      extra[`authentication.kubernetes.io/${claim}-name`] = [bound.name]
      extra[`authentication.kubernetes.io/${claim}-uid`] = [bound.uid]
    }
    if (typeof claims.jti === "string")
      extra["authentication.kubernetes.io/credential-id"] = [`JTI=${claims.jti}`]
    return {
      name: claims.sub,
      uid: account.uid,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
      extra,
    }
  }
}
