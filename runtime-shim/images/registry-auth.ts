/** Signing in at a registry: Basic, or a Bearer token from the realm that it names (docker's token specification). */
import type { Effect } from "effect"
import { TOKEN_BYTES_MAX } from "../limits.ts"
import type { RuntimeError } from "../sandbox-runtime.ts"

export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

/** Who to be at a registry; undefined: nobody. */
export type Credentials = (registry: string) => Effect.Effect<RegistryCredentials | undefined, RuntimeError>

/** The value of an Authorization header. */
export type Authorization = string

export const basic = ({ username, password }: RegistryCredentials): Authorization =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`

/** The parameters of a `WWW-Authenticate: Bearer` header. */
export const parseChallenge = (header: string): ReadonlyMap<string, string> =>
  new Map(
    Array.from(
      header.replace(/^bearer\s+/i, "").matchAll(/(\w+)="([^"]*)"/g),
      ([, name = "", value = ""]) => [name.toLowerCase(), value],
    ),
  )

export interface TokenRequest {
  readonly repository: string
  readonly credentials: RegistryCredentials | undefined
  /** Only for a registry on loopback: a password must not go over plain http elsewhere. */
  readonly allowsHttp: boolean
  readonly signal: AbortSignal
}

/** Asks the realm of the challenge for a token to pull with. Throws when it gives none. */
export const askForToken = async (challenge: string, request: TokenRequest): Promise<Authorization> => {
  const parameters = parseChallenge(challenge)
  const realm = URL.parse(parameters.get("realm") ?? "")
  if (!/^bearer/i.test(challenge) || realm === null)
    throw new Error("the registry asks for an unknown sign-in")
  if (realm.protocol !== "https:" && !request.allowsHttp) throw new Error("the registry's realm is not https")
  const service = parameters.get("service")
  if (service !== undefined) realm.searchParams.set("service", service)
  realm.searchParams.set("scope", parameters.get("scope") ?? `repository:${request.repository}:pull`)
  const { credentials, signal } = request
  const headers = credentials === undefined ? undefined : { authorization: basic(credentials) }
  const response = await fetch(realm, { signal, ...(headers === undefined ? {} : { headers }) })
  if (!response.ok) throw new Error(`the registry's realm answered ${response.status}`)
  const text = await response.text()
  if (text.length > TOKEN_BYTES_MAX) throw new Error("the registry's realm answered too much")
  const body: unknown = JSON.parse(text)
  const fields =
    typeof body === "object" && body !== null ? new Map<string, unknown>(Object.entries(body)) : new Map()
  const token: unknown = fields.get("token") ?? fields.get("access_token")
  if (typeof token !== "string") throw new Error("the registry's realm gave no token")
  return `Bearer ${token}`
}
