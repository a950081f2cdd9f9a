/**
 * The keys that service account tokens are signed with, in one file: PEM blocks, newest first. The first signs, all are
 * believed, so a key is rotated by putting a new one on top and dropping the old one a token's lifetime later.
 */
import { createPrivateKey, generateKeyPair } from "node:crypto"
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { promisify } from "node:util"
import { Data, Effect } from "effect"
import { type SigningKey, signingKey } from "./jwt.ts"

/** Why there are no keys. The message is one sentence for people, and never shows a key. */
export class SigningKeysError extends Data.TaggedError("SigningKeysError")<{
  readonly reason: "Unreadable" | "Unwritable" | "Broken"
  readonly message: string
  readonly cause?: unknown
}> {}

const blockPattern = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/g

/** Fails with TypeError, naming the block by its number. */
export const parseSigningKeys = (text: string): ReadonlyArray<SigningKey> => {
  const keys = (text.match(blockPattern) ?? []).map((pem, index) => {
    try {
      return signingKey(createPrivateKey(pem))
    } catch {
      throw new TypeError(`private key ${index + 1} cannot be used to sign tokens`)
    }
  })
  if (keys.length === 0) throw new TypeError("there is no private key in PEM")
  return keys
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT"

const makeKeyFile = async (path: string): Promise<string> => {
  const { privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" })
  const text = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
  return text
}

const readKeyFile = (path: string): Effect.Effect<string | undefined, SigningKeysError> =>
  Effect.tryPromise({
    try: async () => {
      try {
        return await readFile(path, "utf8")
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    catch: (cause) =>
      new SigningKeysError({ reason: "Unreadable", message: `${path} cannot be read`, cause }),
  })

/** Reads the key file, or makes one (0600) with a fresh P-256 key. Fails with `SigningKeysError`. */
export const ensureSigningKeys = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<ReadonlyArray<SigningKey>, SigningKeysError> {
  const found = yield* readKeyFile(path)
  const text =
    found ??
    (yield* Effect.tryPromise({
      try: () => makeKeyFile(path),
      catch: (cause) =>
        new SigningKeysError({ reason: "Unwritable", message: `${path} cannot be written`, cause }),
    }))
  return yield* Effect.try({
    try: () => parseSigningKeys(text),
    catch: (cause) =>
      new SigningKeysError({
        reason: "Broken",
        message: `${path} holds no usable keys: ${cause instanceof Error ? cause.message : "not PEM"}`,
        cause,
      }),
  })
})
