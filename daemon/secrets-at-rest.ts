/**
 * Encryption of Secrets in the store: AES-256-GCM, bound to the key that they lie under, so that values cannot be swapped.
 *
 * The key file has a line for each key, `ID BASE64`, newest first: the first encrypts, all decrypt. To rotate, put a new
 * line on top, restart, rewrite the Secrets (`mctl get secrets -A -o yaml | mctl apply -f -`), then drop the old line.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { Effect } from "effect"
import { StartError } from "./start-error.ts"

const prefix = Buffer.from("miren:enc:aes256gcm:v1:")
const ivBytes = 12
const tagBytes = 16

export interface SecretsAtRest {
  readonly encryptValue: (key: string, value: Uint8Array) => Uint8Array
  /** Values that were stored before encryption was on come back as they are. Throws for a key that is not in the file. */
  readonly decryptValue: (key: string, value: Uint8Array) => Uint8Array
}

type Keys = ReadonlyArray<{ readonly id: string; readonly secret: Buffer }>

/** The file's keys; a line that is no key is named by its number, never shown. */
const parseKeys = (path: string, text: string): Keys => {
  const keys = text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return []
    const match = /^([A-Za-z0-9._-]{1,64}) ([A-Za-z0-9+/=]+)$/.exec(line.trim())
    const secret = Buffer.from(match?.[2] ?? "", "base64")
    if (match?.[1] === undefined || secret.length !== 32) {
      throw new Error(`${path}:${index + 1} is not a key: an id, a space, and 32 bytes in base64`)
    }
    return [{ id: match[1], secret }]
  })
  if (keys.length === 0) throw new Error(`${path} holds no key`)
  return keys
}

export const secretsAtRest = (keys: Keys): SecretsAtRest => {
  const [newest] = keys
  if (newest === undefined) throw new TypeError("secrets at rest need a key")
  return {
    encryptValue: (key, value) => {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv("aes-256-gcm", newest.secret, iv).setAAD(Buffer.from(key))
      const body = Buffer.concat([cipher.update(value), cipher.final()])
      return Buffer.concat([prefix, Buffer.from(`${newest.id}:`), iv, body, cipher.getAuthTag()])
    },
    decryptValue: (key, value) => {
      const stored = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      if (!stored.subarray(0, prefix.length).equals(prefix)) return value
      const idEnd = stored.indexOf(":", prefix.length)
      const id = stored.toString("latin1", prefix.length, idEnd)
      const found = keys.find((candidate) => candidate.id === id)
      if (found === undefined)
        throw new Error(`${key} is encrypted with key ${id}, which the key file does not have`)
      const iv = stored.subarray(idEnd + 1, idEnd + 1 + ivBytes)
      const decipher = createDecipheriv("aes-256-gcm", found.secret, iv)
        .setAAD(Buffer.from(key))
        .setAuthTag(stored.subarray(stored.length - tagBytes))
      return Buffer.concat([
        decipher.update(stored.subarray(idEnd + 1 + ivBytes, stored.length - tagBytes)),
        decipher.final(),
      ])
    },
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT"

/** Reads the key file, or makes one with a fresh key (0600). */
export const openSecretsAtRest = (path: string): Effect.Effect<SecretsAtRest, StartError> =>
  Effect.try({
    try: () => {
      try {
        return secretsAtRest(parseKeys(path, readFileSync(path, "utf8")))
      } catch (error) {
        if (!isMissing(error)) throw error
      }
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const line = `key1 ${randomBytes(32).toString("base64")}\n`
      writeFileSync(path, line, { mode: 0o600, flag: "wx" })
      return secretsAtRest(parseKeys(path, line))
    },
    catch: (cause) =>
      new StartError({
        reason: "Pki",
        message: `the keys for secrets at rest cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause,
      }),
  })
