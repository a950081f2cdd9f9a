/**
 * What becomes of the claims of a token: a user, or nobody. Claims are taken by name or by expressions in CEL.
 * Source: KEP-3331, apiserver `pkg/apis/apiserver` ClaimMappings.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { anyVariable, CALL_COST_MAX, compileExpression, textsOf } from "../cel/index.ts"
import type { UserInfo } from "../exchange.ts"

/** Texts out of JSON; undefined where it cannot be said. */
export type Reading = (input: JsonObject) => ReadonlyArray<string> | undefined

export interface ClaimMapping {
  readonly username: Reading
  readonly groups: Reading
  readonly uid: Reading
  readonly extra: { readonly [key: string]: Reading }
  /** Each must be true of the claims, or the token is nobody's. */
  readonly claimRules: ReadonlyArray<(claims: JsonObject) => boolean>
  /** Each must be true of the user. */
  readonly userRules: ReadonlyArray<(user: JsonObject) => boolean>
}

const textsIn = (value: Json | undefined): ReadonlyArray<string> =>
  (Array.isArray(value) ? value : [value]).filter(
    (item): item is string => typeof item === "string" && item !== "",
  )

/** A claim by its name, with something in front of each value. */
export const claimReading =
  (claim: string, prefix: string): Reading =>
  (claims) =>
    textsIn(Object.hasOwn(claims, claim) ? claims[claim] : undefined).map((text) => `${prefix}${text}`)

type Variable = "claims" | "user"

type Compiled<A> =
  | { readonly kind: "ok"; readonly value: A }
  | { readonly kind: "error"; readonly message: string }

/** An expression that gives texts. */
export const textExpression = (source: string, variable: Variable): Compiled<Reading> => {
  const compiled = compileExpression({ source, variables: { [variable]: anyVariable } })
  if (compiled.kind === "error") return compiled
  const value: Reading = (input) => {
    const result = compiled.evaluate({ [variable]: input }, CALL_COST_MAX)
    return result.kind === "value" ? textsOf(result.value) : undefined
  }
  return { kind: "ok", value }
}

/** An expression that is true or not; one that fails is not. */
export const ruleExpression = (
  source: string,
  variable: Variable,
): Compiled<(input: JsonObject) => boolean> => {
  const compiled = compileExpression({ source, variables: { [variable]: anyVariable }, resultType: "bool" })
  if (compiled.kind === "error") return compiled
  const value = (input: JsonObject): boolean => {
    const result = compiled.evaluate({ [variable]: input }, CALL_COST_MAX)
    return result.kind === "value" && result.value === true
  }
  return { kind: "ok", value }
}

const readExtra = (mapping: ClaimMapping, claims: JsonObject): UserInfo["extra"] | undefined => {
  const extra: { [key: string]: ReadonlyArray<string> } = {}
  for (const [key, reading] of Object.entries(mapping.extra)) {
    const values = reading(claims)
    if (values === undefined) return undefined
    if (values.length > 0) extra[key] = values
  }
  return extra
}

/** Undefined where the claims are refused, or do not name one user. */
export const mappedUser = (claims: JsonObject, mapping: ClaimMapping): UserInfo | undefined => {
  if (!mapping.claimRules.every((rule) => rule(claims))) return undefined
  const [name = "", ...others] = mapping.username(claims) ?? []
  const groups = mapping.groups(claims)
  const [uid = "", ...uids] = mapping.uid(claims) ?? ["", ""]
  const extra = readExtra(mapping, claims)
  if (name === "" || others.length > 0 || uids.length > 0 || groups === undefined || extra === undefined)
    return undefined
  const user: UserInfo = {
    name,
    groups,
    ...(uid === "" ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
  const asked: JsonObject = {
    username: name,
    uid,
    groups: [...groups],
    extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
  }
  return mapping.userRules.every((rule) => rule(asked)) ? user : undefined
}
