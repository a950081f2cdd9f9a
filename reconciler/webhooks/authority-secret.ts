/**
 * Where the authority is kept: in this process, or in a Secret that replicas share, so that all of them serve what the one bundle
 * trusts. Start with {@link keepAuthority}.
 */
import { Clock, Effect } from "effect"
import { type ApiError, Client, isReason, type ObjectKey } from "../../client/index.ts"
import { Secret } from "../../schemas/index.ts"
import { type Authority, ensureAuthority, type KeyPair } from "./certificates.ts"

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64")
const text = (data: Secret["data"], key: string): string =>
  Buffer.from(data?.[key] ?? "", "base64").toString("utf8")

const certificatesIn = (pem: string): ReadonlyArray<string> =>
  pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g) ?? []
const keysIn = (pem: string): ReadonlyArray<string> =>
  pem.match(/-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----\n?/g) ?? []

/** Undefined where the Secret holds none, or half of one: a new one is made then. */
const authorityIn = ({ data }: Secret): Authority | undefined => {
  const keys = keysIn(text(data, "ca.key"))
  const [newest, ...older] = certificatesIn(text(data, "ca.crt")).flatMap(
    (certificate, index): ReadonlyArray<KeyPair> => {
      const privateKey = keys[index]
      return privateKey === undefined ? [] : [{ certificate, privateKey }]
    },
  )
  const serving = { certificate: text(data, "tls.crt"), privateKey: text(data, "tls.key") }
  if (newest === undefined || serving.certificate === "" || serving.privateKey === "") return undefined
  return { authorities: [newest, ...older], serving }
}

const secretOf = (key: ObjectKey, authority: Authority, before: Secret | undefined): Secret => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: before?.metadata ?? key,
  type: "kubernetes.io/tls",
  data: {
    "ca.crt": base64(authority.authorities.map(({ certificate }) => certificate).join("")),
    "ca.key": base64(authority.authorities.map(({ privateKey }) => privateKey).join("")),
    "tls.crt": base64(authority.serving.certificate),
    "tls.key": base64(authority.serving.privateKey),
  },
})

interface Kept {
  readonly name: string
  readonly hosts: ReadonlyArray<string>
  /** Absent: in this process. */
  readonly secret?: ObjectKey | undefined
}

/** What is to be served now; renewed as it is due. Of replicas that renew at once one wins, and the others take over what it made. */
export const keepAuthority = ({
  name,
  hosts,
  secret,
}: Kept): Effect.Effect<Effect.Effect<Authority, ApiError>, never, Client> =>
  Effect.map(Client, (client) => {
    let known: Authority | undefined
    const ensured = Effect.fnUntraced(function* (before: Authority | undefined) {
      const nowMs = yield* Clock.currentTimeMillis
      return yield* Effect.promise(() =>
        ensureAuthority(before, { name, hosts, nowMs }).catch(() =>
          ensureAuthority(undefined, { name, hosts, nowMs }),
        ),
      )
    })
    if (secret === undefined) {
      return Effect.gen(function* () {
        known = yield* ensured(known)
        return known
      })
    }
    const shared = Effect.gen(function* () {
      const found = yield* client.get(Secret, secret).pipe(
        Effect.map((object): Secret | undefined => object),
        Effect.catchIf(isReason("NotFound"), () => Effect.succeed(undefined)),
      )
      const before = found === undefined ? undefined : authorityIn(found)
      const authority = yield* ensured(before)
      if (authority !== before) {
        const object = secretOf(secret, authority, found)
        yield* found === undefined ? client.create(Secret, object) : client.update(Secret, object)
      }
      return authority
    })
    return Effect.retry(shared, { while: isReason("Conflict", "AlreadyExists"), times: 4 })
  })
