/**
 * Images from a registry (OCI distribution specification): manifest, then config and layers, each checked by digest.
 *
 * https always, but plain http for a registry on loopback. Signs in where a registry asks for a Bearer token or for Basic.
 */
import { createHash } from "node:crypto"
import { Effect, Stream } from "effect"
import { IMAGE_DOCUMENT_BYTES_MAX, PULL_DOCUMENT_DEADLINE_MS } from "../limits.ts"
import { RuntimeError } from "../sandbox-runtime.ts"
import type { ImageParts } from "./image-parts.ts"
import {
  type Descriptor,
  INDEX_TYPES,
  MANIFEST_TYPES,
  parseConfig,
  parseIndex,
  parseJson,
  parseManifest,
  selectPlatform,
} from "./manifest.ts"
import { parseReference, type Reference } from "./reference.ts"
import { type Authorization, askForToken, basic, type Credentials } from "./registry-auth.ts"

export type { Credentials } from "./registry-auth.ts"

const failed = (subject: string, message: string, cause?: unknown) =>
  new RuntimeError({
    reason: "ImagePullFailed",
    operation: "pull",
    subject,
    message: `the image ${subject} could not be pulled: ${message}`,
    cause,
  })

const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`

/** Fails past the limit instead of holding what has no bound. */
const readBody = async (response: Response, bytesMax: number): Promise<Buffer> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > bytesMax) throw new RangeError(`an answer is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** One pull: what it names, and the authorization that it got. */
class Session {
  readonly reference: Reference
  readonly #name: string
  readonly #credentials: Credentials
  #authorization: Authorization | undefined

  constructor(name: string, reference: Reference, credentials: Credentials) {
    this.#name = name
    this.reference = reference
    this.#credentials = credentials
  }

  #send(path: string, accept: ReadonlyArray<string>, signal: AbortSignal): Promise<Response> {
    const { base, repository } = this.reference
    const headers = new Headers(accept.map((type) => ["accept", type] as [string, string]))
    if (this.#authorization !== undefined) headers.set("authorization", this.#authorization)
    return fetch(`${base}/v2/${repository}/${path}`, { headers, signal })
  }

  /** A 200 answer; signs in once when the registry asks for it. */
  get(path: string, accept: ReadonlyArray<string> = []): Effect.Effect<Response, RuntimeError> {
    const send = Effect.tryPromise({
      try: (signal) => this.#send(path, accept, signal),
      catch: (cause) => failed(this.#name, reasonOf(cause), cause),
    })
    return Effect.gen({ self: this }, function* () {
      let response = yield* send
      if (response.status === 401 && this.#authorization === undefined) {
        this.#authorization = yield* this.#signIn(response.headers.get("www-authenticate") ?? "")
        yield* Effect.ignore(Effect.tryPromise(() => response.body?.cancel() ?? Promise.resolve()))
        response = yield* send
      }
      if (response.ok) return response
      yield* Effect.ignore(Effect.tryPromise(() => response.body?.cancel() ?? Promise.resolve()))
      return yield* Effect.fail(
        failed(this.#name, `${this.reference.registry} answered ${response.status} to ${path}`),
      )
    })
  }

  #signIn(challenge: string): Effect.Effect<Authorization, RuntimeError> {
    return Effect.gen({ self: this }, function* () {
      const { registry, repository } = this.reference
      const credentials = yield* this.#credentials(registry)
      if (/^basic/i.test(challenge)) {
        if (credentials !== undefined) return basic(credentials)
        return yield* Effect.fail(failed(this.#name, `${registry} wants a user name and a password`))
      }
      return yield* Effect.tryPromise({
        try: (signal) =>
          askForToken(challenge, { repository, credentials, allowsHttp: this.reference.isLoopback, signal }),
        catch: (cause) => failed(this.#name, reasonOf(cause), cause),
      })
    })
  }

  document(path: string, accept: ReadonlyArray<string> = []): Effect.Effect<Buffer, RuntimeError> {
    return Effect.flatMap(this.get(path, accept), (response) =>
      Effect.tryPromise({
        try: () => readBody(response, IMAGE_DOCUMENT_BYTES_MAX),
        catch: (cause) => failed(this.#name, reasonOf(cause), cause),
      }),
    ).pipe(
      Effect.timeoutOrElse({
        duration: PULL_DOCUMENT_DEADLINE_MS,
        orElse: () => Effect.fail(failed(this.#name, `${this.reference.registry} does not answer`)),
      }),
    )
  }

  blob({ digest }: Descriptor): Stream.Stream<Uint8Array, RuntimeError> {
    return Stream.unwrap(
      Effect.map(this.get(`blobs/${digest}`), ({ body }) =>
        body === null
          ? Stream.empty
          : Stream.fromReadableStream<Uint8Array, RuntimeError>({
              evaluate: () => body,
              onError: (cause) => failed(this.#name, reasonOf(cause), cause),
            }),
      ),
    )
  }

  parse<A>(parse: () => A): Effect.Effect<A, RuntimeError> {
    return Effect.try({ try: parse, catch: (cause) => failed(this.#name, reasonOf(cause), cause) })
  }
}

/** fetch hides the reason in its cause. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

interface Fetched {
  readonly bytes: Buffer
  readonly digest: string
}

const fetchManifest = (session: Session, which: string): Effect.Effect<Fetched, RuntimeError> =>
  Effect.gen(function* () {
    const bytes = yield* session.document(`manifests/${which}`, [...MANIFEST_TYPES, ...INDEX_TYPES])
    const digest = sha256(bytes)
    if (which.startsWith("sha256:") && which !== digest) {
      return yield* session.parse((): never => {
        throw new Error(`the manifest ${which} does not match its digest`)
      })
    }
    return { bytes, digest }
  })

/** Follows an index to this machine's manifest, once. */
const fetchPlatformManifest = (session: Session) =>
  Effect.gen(function* () {
    const first = yield* fetchManifest(session, session.reference.digest ?? session.reference.tag)
    const json = yield* session.parse(() => parseJson(first.bytes, "the manifest"))
    const inner = yield* session.parse(() => parseIndex(json))
    if (inner === undefined) return { ...first, json }
    const selected = yield* session.parse(() => {
      const found = selectPlatform(inner)
      if (found === undefined) throw new Error("it has no image for this machine's architecture")
      return found
    })
    const second = yield* fetchManifest(session, selected.digest)
    return { ...second, json: yield* session.parse(() => parseJson(second.bytes, "the manifest")) }
  })

/** Pulls by reference; layers are fetched when they are read. */
export const pullFromRegistry =
  (credentials: Credentials = () => Effect.succeed(undefined)) =>
  (name: string): Effect.Effect<ImageParts, RuntimeError> =>
    Effect.gen(function* () {
      const reference = parseReference(name)
      if (reference === undefined) return yield* Effect.fail(failed(name, "it is not an image reference"))
      const session = new Session(name, reference, credentials)
      const { bytes, digest, json } = yield* fetchPlatformManifest(session)
      const manifest = yield* session.parse(() => parseManifest(json))
      const config = yield* session.document(`blobs/${manifest.config.digest}`)
      const parsed = yield* session.parse(() => {
        if (sha256(config) !== manifest.config.digest) throw new Error("its config does not match its digest")
        return parseConfig(parseJson(config, "the config"))
      })
      const mediaType = typeof json.mediaType === "string" ? json.mediaType : (MANIFEST_TYPES[0] ?? "")
      return {
        manifest: { mediaType, digest, bytes },
        config: { descriptor: manifest.config, bytes: config, parsed },
        layers: manifest.layers,
        chunks: (layer) => session.blob(layer),
      }
    })
