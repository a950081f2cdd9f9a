/**
 * AuthenticationConfiguration of apiserver.config.k8s.io: several issuers of ID tokens, and what their claims say of users.
 * Source: KEP-3331. Start with {@link parseAuthenticationConfiguration}.
 */
import { parse } from "yaml"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject } from "../json/index.ts"
import {
  type ClaimMapping,
  claimReading,
  type Reading,
  ruleExpression,
  textExpression,
} from "./claim-mapping.ts"
import { tokenLimits } from "./limits.ts"
import type { OidcIssuer } from "./oidc.ts"

/** Why a configuration cannot be used: a sentence that says where. */
export class AuthenticationConfigurationError extends Error {
  override readonly name = "AuthenticationConfigurationError"
  readonly reason = "InvalidConfiguration"
}

const apiVersions = ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1"]

const refuse = (where: string, why: string): never => {
  throw new AuthenticationConfigurationError(
    `the authentication configuration cannot be used: ${where}: ${why}`,
  )
}

/** An object of the file, and where it is; what it has and nobody reads is refused. */
class Part {
  readonly where: string
  readonly #map: JsonObject
  readonly #unread: Set<string>

  constructor(value: Json | undefined, where: string) {
    if (value !== undefined && value !== null && !isObject(value)) refuse(where, "must be an object")
    this.where = where
    this.#map = isObject(value) ? value : {}
    this.#unread = new Set(Object.keys(this.#map))
  }

  #take(key: string): Json | undefined {
    this.#unread.delete(key)
    const value = Object.hasOwn(this.#map, key) ? this.#map[key] : undefined
    return value === null ? undefined : value
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#map, key) && this.#map[key] !== null
  }

  at(key: string): string {
    return this.where === "" ? key : `${this.where}.${key}`
  }

  text(key: string): string {
    const value = this.#take(key) ?? ""
    return typeof value === "string" ? value : refuse(this.at(key), "must be a text")
  }

  flag(key: string): boolean | undefined {
    const value = this.#take(key)
    return value === undefined || typeof value === "boolean"
      ? value
      : refuse(this.at(key), "must be true or false")
  }

  texts(key: string): ReadonlyArray<string> {
    const value = this.#take(key) ?? []
    if (isArray(value) && value.every((item): item is string => typeof item === "string")) return value
    return refuse(this.at(key), "must be a list of texts")
  }

  part(key: string): Part {
    return new Part(this.#take(key), this.at(key))
  }

  parts(key: string, max: number): ReadonlyArray<Part> {
    const value = this.#take(key) ?? []
    if (!isArray(value)) return refuse(this.at(key), "must be a list")
    if (value.length > max) refuse(this.at(key), `may have at most ${max} items`)
    return value.map((item, index) => new Part(item, `${this.at(key)}[${index}]`))
  }

  end(): void {
    const [other] = this.#unread
    if (other !== undefined) refuse(this.at(other), "is not known")
  }
}

const nothing: Reading = () => []

const expressionReading = (part: Part, key: string): Reading => {
  const compiled = textExpression(part.text(key), "claims")
  return compiled.kind === "ok"
    ? compiled.value
    : refuse(part.at(key), `compilation failed: ${compiled.message}`)
}

/** `claim` with its prefix, or an expression. */
const readingOf = (part: Part, isRequired: boolean): Reading => {
  const isByClaim = part.has("claim")
  if (isByClaim && part.has("expression")) refuse(part.where, "claim and expression cannot both be set")
  if (part.has("expression")) {
    if (part.has("prefix")) refuse(part.at("prefix"), "cannot be set together with expression")
    return expressionReading(part, "expression")
  }
  if (!isByClaim) return isRequired ? refuse(part.where, "claim or expression is required") : nothing
  if (!part.has("prefix")) refuse(part.at("prefix"), "is required when claim is set; it may be empty")
  return claimReading(part.text("claim"), part.text("prefix"))
}

const uidOf = (part: Part): Reading => {
  if (part.has("claim") && part.has("expression"))
    refuse(part.where, "claim and expression cannot both be set")
  if (part.has("expression")) return expressionReading(part, "expression")
  return part.has("claim") ? claimReading(part.text("claim"), "") : nothing
}

const extraOf = (parts: ReadonlyArray<Part>): ClaimMapping["extra"] => {
  const extra: { [key: string]: Reading } = {}
  for (const part of parts) {
    const key = part.text("key")
    if (!/^[a-z0-9.-]+\/[a-z0-9._~!$&'()*+,;=:@%-]+$/.test(key))
      refuse(part.at("key"), "must be a domain, a slash and a name, in lower case")
    if (Object.hasOwn(extra, key)) refuse(part.at("key"), "is there twice")
    extra[key] = expressionReading(part, "valueExpression")
    part.end()
  }
  return extra
}

const claimRule = (part: Part): ((claims: JsonObject) => boolean) => {
  if (part.has("claim") === part.has("expression"))
    refuse(part.where, "one of claim and expression is required")
  if (part.has("expression")) return expressionRule(part, "claims")
  const [claim, wanted] = [part.text("claim"), part.text("requiredValue")]
  part.end()
  return (claims) => Object.hasOwn(claims, claim) && claims[claim] === wanted
}

const expressionRule = (part: Part, variable: "claims" | "user"): ((input: JsonObject) => boolean) => {
  const compiled = ruleExpression(part.text("expression"), variable)
  part.text("message")
  part.end()
  return compiled.kind === "ok"
    ? compiled.value
    : refuse(part.at("expression"), `compilation failed: ${compiled.message}`)
}

/** An address that its issuer has not verified names nobody. Of a claim by name this is looked at with each token. */
const checkEmail = (username: string, all: string): void => {
  if (!/\bclaims\.email\b(?!_)/.test(username) || all.includes("claims.email_verified")) return
  refuse("claimMappings.username.expression", "claims.email_verified must be used where claims.email is")
}

const mappingOf = (jwt: Part, written: Json): ClaimMapping => {
  const mappings = jwt.part("claimMappings")
  const [username, groups, uid] = [mappings.part("username"), mappings.part("groups"), mappings.part("uid")]
  checkEmail(username.has("expression") ? expressionText(username) : "", JSON.stringify(written))
  const isByEmail = username.has("claim") && username.text("claim") === "email"
  const verified = (claims: JsonObject): boolean => claims.email_verified !== false
  const mapping: ClaimMapping = {
    username: readingOf(username, true),
    groups: readingOf(groups, false),
    uid: uidOf(uid),
    extra: extraOf(mappings.parts("extra", tokenLimits.rulesMax)),
    claimRules: [
      ...jwt.parts("claimValidationRules", tokenLimits.rulesMax).map(claimRule),
      ...(isByEmail ? [verified] : []),
    ],
    userRules: jwt
      .parts("userValidationRules", tokenLimits.rulesMax)
      .map((part) => expressionRule(part, "user")),
  }
  for (const part of [username, groups, uid, mappings]) part.end()
  return mapping
}

const expressionText = (part: Part): string => part.text("expression")

const httpsUrl = (part: Part, key: string): string => {
  const text = part.text(key)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    url?.protocol !== "https:" ||
    url.username !== "" ||
    url.password !== "" ||
    url.search !== "" ||
    url.hash !== ""
  )
    refuse(part.at(key), "must be an https URL without user, query and fragment")
  return text
}

const issuerOf = (jwt: Part, written: Json): OidcIssuer => {
  const issuer = jwt.part("issuer")
  const url = httpsUrl(issuer, "url")
  const discoveryURL = issuer.has("discoveryURL") ? httpsUrl(issuer, "discoveryURL") : undefined
  if (discoveryURL === url) refuse(issuer.at("discoveryURL"), "must be another than url")
  const audiences = issuer.texts("audiences")
  if (audiences.length === 0 || audiences.includes(""))
    refuse(issuer.at("audiences"), "at least one is required")
  const policy = issuer.text("audienceMatchPolicy")
  if (policy !== "MatchAny" && (policy !== "" || audiences.length > 1))
    refuse(issuer.at("audienceMatchPolicy"), "must be MatchAny for multiple audiences")
  const ca = issuer.text("certificateAuthority")
  issuer.end()
  const mapping = mappingOf(jwt, written)
  jwt.end()
  return {
    issuer: url,
    audiences,
    mapping,
    ...(discoveryURL === undefined ? {} : { discoveryURL }),
    ...(ca === "" ? {} : { ca }),
  }
}

const parsed = (text: string): Json => {
  try {
    return parse(text, { schema: "core", maxAliasCount: 100 })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new AuthenticationConfigurationError(`the authentication configuration is no YAML: ${why}`)
  }
}

/** The issuers of a file in YAML or JSON. Fails with AuthenticationConfigurationError. */
export const parseAuthenticationConfiguration = (text: string): ReadonlyArray<OidcIssuer> => {
  const document = parsed(text)
  if (!isObject(document)) return refuse("it", "must be an object")
  const root = new Part(document, "")
  const apiVersion = root.text("apiVersion")
  if (!apiVersions.includes(apiVersion)) refuse("apiVersion", `must be one of ${apiVersions.join(", ")}`)
  if (root.text("kind") !== "AuthenticationConfiguration")
    refuse("kind", "must be AuthenticationConfiguration")
  const anonymous = root.part("anonymous")
  if (anonymous.flag("enabled") === true)
    refuse(
      "anonymous.enabled",
      "who has no credentials may only ask for health here: leave it out, or say false",
    )
  anonymous.end()
  const written = isArray(document.jwt) ? document.jwt : []
  const issuers = root
    .parts("jwt", tokenLimits.issuersMax)
    .map((part, index) => issuerOf(part, written[index] ?? null))
  root.end()
  const twice = issuers.findIndex(
    ({ issuer }, index) => issuers.findIndex((other) => other.issuer === issuer) < index,
  )
  if (twice >= 0) refuse(`jwt[${twice}].issuer.url`, "is there twice")
  return issuers
}
