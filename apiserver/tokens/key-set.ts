/** JSON Web Key Sets: ours to publish, others' to believe. Source: RFC 7517. */
import { createPublicKey, type webcrypto } from "node:crypto"
import type { JsonObject } from "../../schemas/index.ts"
import { isArray, isObject } from "../json/index.ts"
import { algorithmOf, isAlgorithm, type VerificationKey } from "./jwt.ts"
import { tokenLimits } from "./limits.ts"

export const keySetDocument = (keys: ReadonlyArray<VerificationKey>): object => ({
  keys: keys.map(({ id, algorithm, publicKey }) => ({
    use: "sig",
    kid: id,
    alg: algorithm,
    ...publicKey.export({ format: "jwk" }),
  })),
})

const textsOf = (key: JsonObject): webcrypto.JsonWebKey =>
  Object.fromEntries(Object.entries(key).filter(([, value]) => typeof value === "string"))

const keyOf = (key: JsonObject): VerificationKey | undefined => {
  if (key.use !== undefined && key.use !== "sig") return undefined
  try {
    const publicKey = createPublicKey({ key: textsOf(key), format: "jwk" })
    const algorithm = isAlgorithm(key.alg) ? key.alg : algorithmOf(publicKey)
    if (algorithm === undefined) return undefined
    return { id: typeof key.kid === "string" ? key.kid : "", algorithm, publicKey }
  } catch {
    return undefined
  }
}

/** The keys of a set that tokens can be checked with; those of other kinds are left out. Fails with SyntaxError. */
export const parseKeySet = (text: string): ReadonlyArray<VerificationKey> => {
  const value: unknown = JSON.parse(text)
  const keys = isObject(value) ? value.keys : undefined
  if (!isArray(keys)) throw new SyntaxError("a key set has a list of keys")
  return keys
    .slice(0, tokenLimits.keysMax)
    .filter(isObject)
    .flatMap((key) => keyOf(key) ?? [])
}
