/** Who asks: a chain over the credentials that a frontend has seen. */
import { createHash, timingSafeEqual } from "node:crypto"
import type { UserInfo } from "./exchange.ts"

/** What a connection and a request prove. */
export interface Credentials {
  /** Subject of the verified client certificate. */
  readonly certificate:
    | { readonly commonName: string; readonly organizations: ReadonlyArray<string> }
    | undefined
  /** The token of an Authorization header. */
  readonly bearerToken: string | undefined
}

/** A user; undefined when the credentials are none of its kind; `invalid` when they are and are wrong. */
export type Authenticator = (
  credentials: Credentials,
) => UserInfo | undefined | "invalid" | Promise<UserInfo | undefined | "invalid">

/** Nobody in particular: allowed only what {@link isOpenPath} says. */
export const anonymous: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] }

const authenticated = (user: UserInfo): UserInfo =>
  user.groups.includes("system:authenticated")
    ? user
    : { ...user, groups: [...user.groups, "system:authenticated"] }

/** CN is the user, each O a group. */
export const certificateAuthenticator: Authenticator = ({ certificate }) =>
  certificate === undefined || certificate.commonName === ""
    ? undefined
    : { name: certificate.commonName, groups: certificate.organizations }

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Bearer tokens known beforehand, compared in constant time. */
export const tokenAuthenticator = (tokens: { readonly [token: string]: UserInfo }): Authenticator => {
  const known = Object.entries(tokens).map(([token, user]) => ({ hash: digest(token), user }))
  return ({ bearerToken }) => {
    if (bearerToken === undefined) return undefined
    const hash = digest(bearerToken)
    return known.find((entry) => timingSafeEqual(entry.hash, hash))?.user ?? "invalid"
  }
}

/** Lines of `token,user,uid,"group1,group2"`. Source: kube-apiserver's static token file. */
export const parseTokenFile = (text: string): { readonly [token: string]: UserInfo } => {
  const tokens: Record<string, UserInfo> = Object.create(null)
  for (const line of text.split("\n")) {
    const match = /^\s*([^,#\s][^,]*),([^,]+),([^,]*)(?:,"?([^"]*)"?)?\s*$/.exec(line)
    if (match === null) continue
    const [, token = "", name = "", uid = "", groups = ""] = match
    const named = groups.split(",").filter((group) => group !== "")
    tokens[token] = { name, groups: named, ...(uid === "" ? {} : { uid }) }
  }
  return tokens
}

/** The first authenticator that knows the credentials decides; `invalid` when one finds them wrong; else anonymous. */
export const authenticate = async (
  chain: ReadonlyArray<Authenticator>,
  credentials: Credentials,
): Promise<UserInfo | "invalid"> => {
  let wrong = false
  for (const authenticator of chain) {
    const user = await authenticator(credentials)
    if (user === "invalid") wrong = true
    else if (user !== undefined) return authenticated(user)
  }
  return wrong ? "invalid" : anonymous
}
