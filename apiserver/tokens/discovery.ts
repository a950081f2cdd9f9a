/** What others need to believe our tokens: OpenID Connect discovery, short of logging in. Source: KEP-1393. */
import type { Call } from "../call.ts"
import type { PathRequestInfo } from "../request-info.ts"
import { sendBytes } from "../wire/response.ts"
import { keySetDocument } from "./key-set.ts"
import type { ServiceAccountTokens } from "./service-account-tokens.ts"

const keysPath = "/openid/v1/jwks"
const configurationPath = "/.well-known/openid-configuration"

/** An issuer that is a URL may name another place than where we listen; anything else is of use here alone. */
const keysUri = (issuer: string): string =>
  /^https?:\/\//.test(issuer) ? `${issuer.replace(/\/$/, "")}${keysPath}` : keysPath

export const tokenDiscovery = (tokens: ServiceAccountTokens) => {
  const documents: { readonly [path: string]: { readonly type: string; readonly body: Buffer } } = {
    [keysPath]: {
      type: "application/jwk-set+json",
      body: Buffer.from(JSON.stringify(keySetDocument(tokens.keys))),
    },
    [configurationPath]: {
      type: "application/json",
      body: Buffer.from(
        JSON.stringify({
          issuer: tokens.issuer,
          jwks_uri: keysUri(tokens.issuer),
          response_types_supported: ["id_token"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: [...new Set(tokens.keys.map(({ algorithm }) => algorithm))],
        }),
      ),
    },
  }
  return async (call: Call<PathRequestInfo>): Promise<boolean> => {
    const { path } = call.info
    const document = Object.hasOwn(documents, path) ? documents[path] : undefined
    if (document === undefined) return false
    const headers = { "cache-control": "public, max-age=3600" }
    await sendBytes(call, { status: 200, contentType: document.type, headers }, document.body)
    return true
  }
}
