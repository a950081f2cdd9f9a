/** Signed bearer tokens: service accounts' and other issuers'. Start with {@link ServiceAccountTokens}. */
export {
  AuthenticationConfigurationError,
  parseAuthenticationConfiguration,
} from "./authentication-configuration.ts"
export { tokenDiscovery } from "./discovery.ts"
export { fetchTextWith } from "./fetch-text.ts"
export type { SigningKey, VerificationKey } from "./jwt.ts"
export { signingKey, signToken } from "./jwt.ts"
export { keySetDocument } from "./key-set.ts"
export { type OidcIssuer, type OidcOptions, OidcTokens } from "./oidc.ts"
export type { FetchText } from "./remote-key-set.ts"
export { ServiceAccountTokens, type TokenOptions } from "./service-account-tokens.ts"
export { ensureSigningKeys, parseSigningKeys, SigningKeysError } from "./signing-keys.ts"
export { oidcAuthenticator, serviceAccountAuthenticator } from "./token-authenticators.ts"
export { answerTokenRequest, tokenRequestKind } from "./token-request.ts"
