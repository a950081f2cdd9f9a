/** Signed tokens as authenticators: the cluster's own, and those of other issuers. */
import type { Authenticator } from "../authenticator.ts"
import type { OidcTokens } from "./oidc.ts"
import type { ServiceAccountTokens } from "./service-account-tokens.ts"

export const serviceAccountAuthenticator =
  (tokens: ServiceAccountTokens): Authenticator =>
  ({ bearerToken }) => {
    if (bearerToken === undefined || !tokens.claimsToBe(bearerToken)) return undefined
    return tokens.identify(bearerToken, tokens.audiences) ?? "invalid"
  }

export const oidcAuthenticator =
  (tokens: OidcTokens): Authenticator =>
  async ({ bearerToken }) => {
    if (bearerToken === undefined || !tokens.claimsToBe(bearerToken)) return undefined
    return (await tokens.identify(bearerToken)) ?? "invalid"
  }
