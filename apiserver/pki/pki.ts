/**
 * The cluster's own certificate authority, in files of the data directory.
 *
 * Guarantees: the authority is made once and kept; private keys are readable by their owner alone; the serving
 * certificate is renewed when it nears its end, or does not name the wanted hosts.
 */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Data, Effect } from "effect"
import { type KeyPair, makeCertificate, serves } from "./certificate.ts"

export class PkiError extends Data.TaggedError("PkiError")<{
  readonly reason: "Unreadable" | "Unwritable" | "Broken"
  readonly message: string
  readonly cause?: unknown
}> {}

export interface Pki {
  readonly ca: KeyPair
  readonly server: KeyPair
}

export interface PkiOptions {
  readonly dir: string
  /** Names and addresses of the server besides the machine's own. */
  readonly hosts: ReadonlyArray<string>
  /** Milliseconds since the epoch. */
  readonly now: number
}

const dayMs = 86_400_000
const caDays = 3_650
const serverDays = 365
/** A serving certificate with less than this left is renewed. */
const renewDays = 30
/** For clocks that are not quite right. */
const backdateMs = 3_600_000

const ownHosts = ["localhost", "127.0.0.1", "::1"]

const validity = (now: number, days: number) => ({
  notBefore: new Date(now - backdateMs),
  notAfter: new Date(now + days * dayMs),
})

const broken = (what: string) => (cause: unknown) =>
  new PkiError({ reason: "Broken", message: `${what} could not be made: ${cause}`, cause })

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT"

const readPair = (dir: string, name: string): Effect.Effect<KeyPair | undefined, PkiError> =>
  Effect.tryPromise({
    try: async () => {
      try {
        const [certificate, privateKey] = await Promise.all([
          readFile(join(dir, `${name}.crt`), "utf8"),
          readFile(join(dir, `${name}.key`), "utf8"),
        ])
        return { certificate, privateKey }
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    catch: (cause) =>
      new PkiError({
        reason: "Unreadable",
        message: `${join(dir, name)}.crt and .key cannot be read: ${cause}`,
        cause,
      }),
  })

/** Key first: a certificate without its key is never seen. */
const writePair = (dir: string, name: string, pair: KeyPair): Effect.Effect<void, PkiError> =>
  Effect.tryPromise({
    try: async () => {
      for (const [suffix, text] of [
        ["key", pair.privateKey],
        ["crt", pair.certificate],
      ] as const) {
        const path = join(dir, `${name}.${suffix}`)
        await writeFile(`${path}.new`, text, { mode: 0o600 })
        await rename(`${path}.new`, path)
      }
    },
    catch: (cause) =>
      new PkiError({
        reason: "Unwritable",
        message: `${join(dir, name)}.crt and .key cannot be written: ${cause}`,
        cause,
      }),
  })

const ensureDir = (dir: string): Effect.Effect<void, PkiError> =>
  Effect.tryPromise({
    try: async () => {
      await mkdir(dir, { recursive: true, mode: 0o700 })
      await chmod(dir, 0o700)
    },
    catch: (cause) =>
      new PkiError({ reason: "Unwritable", message: `${dir} cannot be made: ${cause}`, cause }),
  })

const ensureCa = Effect.fnUntraced(function* ({ dir, now }: PkiOptions) {
  const found = yield* readPair(dir, "ca")
  if (found !== undefined) return found
  const subject = { commonName: "miren-ca", organizations: [] }
  const made = yield* Effect.tryPromise({
    try: () => makeCertificate({ subject, usage: "ca", hosts: [], ...validity(now, caDays) }),
    catch: broken("the certificate authority"),
  })
  yield* writePair(dir, "ca", made)
  return made
})

/** Makes what is missing in the directory, and renews what is about to end. Fails with `PkiError`. */
export const ensurePki = Effect.fnUntraced(function* (options: PkiOptions): Effect.fn.Return<Pki, PkiError> {
  const { dir, now } = options
  yield* ensureDir(dir)
  const ca = yield* ensureCa(options)
  const hosts = [...new Set([...ownHosts, ...options.hosts])]
  const found = yield* readPair(dir, "server")
  if (found !== undefined) {
    const wanted = { ca: ca.certificate, until: new Date(now + renewDays * dayMs), hosts }
    const good = yield* Effect.try({
      try: () => serves(found.certificate, wanted),
      catch: broken("sense of the serving certificate"),
    }).pipe(Effect.orElseSucceed(() => false))
    if (good) return { ca, server: found }
  }
  const server = yield* issueServerCertificate({
    ca,
    commonName: "miren-apiserver",
    hosts,
    days: serverDays,
    now,
  })
  yield* writePair(dir, "server", server)
  return { ca, server }
})

export interface ServerCertificateOptions {
  readonly ca: KeyPair
  readonly commonName: string
  readonly organizations?: ReadonlyArray<string>
  readonly hosts: ReadonlyArray<string>
  readonly days: number
  readonly now: number
}

/** A certificate to serve (and to be a client) with: the server's own, and runners'. Fails with `PkiError`. */
export const issueServerCertificate = (options: ServerCertificateOptions): Effect.Effect<KeyPair, PkiError> =>
  Effect.tryPromise({
    try: () =>
      makeCertificate({
        subject: { commonName: options.commonName, organizations: options.organizations ?? [] },
        usage: "serverAndClient",
        hosts: options.hosts,
        issuer: options.ca,
        ...validity(options.now, options.days),
      }),
    catch: broken("a serving certificate"),
  })

export interface ClientCertificateOptions {
  readonly ca: KeyPair
  readonly user: string
  readonly groups: ReadonlyArray<string>
  readonly days: number
  readonly now: number
}

/** A certificate that says who a client is. Fails with `PkiError`. */
export const issueClientCertificate = (options: ClientCertificateOptions): Effect.Effect<KeyPair, PkiError> =>
  Effect.tryPromise({
    try: () =>
      makeCertificate({
        subject: { commonName: options.user, organizations: options.groups },
        usage: "client",
        hosts: [],
        issuer: options.ca,
        ...validity(options.now, options.days),
      }),
    catch: broken("a client certificate"),
  })
