/**
 * JSON Web Tokens in compact form, signed and checked with node:crypto. A key has one algorithm, so that a token cannot
 * choose another for it; `none` and shared secrets are not known. Sources: RFC 7515, 7518, 7519, 8037.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto"
import type { JsonObject } from "../../schemas/index.ts"
import { isObject } from "../json/index.ts"
import { tokenLimits } from "./limits.ts"

interface Scheme {
  readonly hash: string | null
  /** ECDSA signatures of JWTs are the two numbers side by side. */
  readonly raw: boolean
}

const schemes = {
  ES256: { hash: "sha256", raw: true },
  ES384: { hash: "sha384", raw: true },
  ES512: { hash: "sha512", raw: true },
  RS256: { hash: "sha256", raw: false },
  RS384: { hash: "sha384", raw: false },
  RS512: { hash: "sha512", raw: false },
  EdDSA: { hash: null, raw: false },
} as const satisfies { readonly [name: string]: Scheme }

export type Algorithm = keyof typeof schemes

export const isAlgorithm = (name: unknown): name is Algorithm =>
  typeof name === "string" && Object.hasOwn(schemes, name)

/** A key that tokens are checked with. */
export interface VerificationKey {
  readonly id: string
  readonly algorithm: Algorithm
  readonly publicKey: KeyObject
}

/** A key that tokens are signed with. */
export interface SigningKey extends VerificationKey {
  readonly privateKey: KeyObject
}

const curves: { readonly [name: string]: Algorithm } = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
}

/** The algorithm that fits a key; undefined when none does. */
export const algorithmOf = (key: KeyObject): Algorithm | undefined => {
  switch (key.asymmetricKeyType) {
    case "ec":
      return curves[key.asymmetricKeyDetails?.namedCurve ?? ""]
    case "ed25519":
      return "EdDSA"
    case "rsa":
      return "RS256"
    default:
      return undefined
  }
}

/** The same key always has the same id. */
export const keyId = (publicKey: KeyObject): string =>
  createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64url")

/** Fails with TypeError when the key is of no kind that signs tokens. */
export const signingKey = (privateKey: KeyObject): SigningKey => {
  const publicKey = createPublicKey(privateKey)
  const algorithm = algorithmOf(publicKey)
  if (algorithm === undefined) {
    throw new TypeError("tokens are signed with a P-256, P-384, P-521, Ed25519 or RSA key")
  }
  return { id: keyId(publicKey), algorithm, publicKey, privateKey }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

export const signToken = (claims: JsonObject, key: SigningKey): string => {
  const signed = `${encode({ alg: key.algorithm, kid: key.id })}.${encode(claims)}`
  const { hash, raw } = schemes[key.algorithm]
  const signature = sign(
    hash,
    Buffer.from(signed),
    raw ? { key: key.privateKey, dsaEncoding: "ieee-p1363" } : key.privateKey,
  )
  return `${signed}.${signature.toString("base64url")}`
}

export interface UnverifiedToken {
  readonly header: JsonObject
  readonly claims: JsonObject
  readonly signed: string
  readonly signature: Buffer
}

const decodePart = (part: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Takes a token apart; undefined when it is none. Nothing in it is to be believed yet. */
export const parseToken = (token: string): UnverifiedToken | undefined => {
  if (token.length > tokenLimits.tokenCharactersMax) return undefined
  const match = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(token)
  if (match === null) return undefined
  const [, head = "", body = "", tail = ""] = match
  const header = decodePart(head)
  const claims = decodePart(body)
  if (header === undefined || claims === undefined || header.crit !== undefined) return undefined
  return { header, claims, signed: `${head}.${body}`, signature: Buffer.from(tail, "base64url") }
}

const verifies = ({ signed, signature }: UnverifiedToken, key: VerificationKey): boolean => {
  const { hash, raw } = schemes[key.algorithm]
  const with_ = raw ? { key: key.publicKey, dsaEncoding: "ieee-p1363" as const } : key.publicKey
  try {
    return verify(hash, Buffer.from(signed), with_, signature)
  } catch {
    return false
  }
}

/** Whether one of the keys signed the token: the one that it names, or any where it names none. */
export const isSignedBy = (token: UnverifiedToken, keys: ReadonlyArray<VerificationKey>): boolean => {
  const { alg, kid } = token.header
  return keys.some(
    (key) =>
      key.algorithm === alg && (kid === undefined || key.id === "" || kid === key.id) && verifies(token, key),
  )
}

/** What is wrong with the times of a token, as seen at a moment (in seconds); undefined when nothing is. */
export const timeProblem = ({ exp, nbf }: JsonObject, now: number): string | undefined => {
  if (typeof exp !== "number") return "token has no expiry"
  if (now > exp + tokenLimits.leewaySeconds) return "token has expired"
  if (typeof nbf === "number" && now < nbf - tokenLimits.leewaySeconds) return "token is not valid yet"
  return undefined
}

/** `aud` as a list. */
export const audiencesOf = ({ aud }: JsonObject): ReadonlyArray<string> =>
  typeof aud === "string"
    ? [aud]
    : Array.isArray(aud)
      ? aud.filter((item): item is string => typeof item === "string")
      : []
