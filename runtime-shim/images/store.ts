/**
 * The images that sandboxes are made from: named, complete and unpacked, in containerd's own stores.
 *
 * An image is stored under a lease and named last, so a cut leaves nothing but what containerd's collector takes.
 * Start with {@link ImageStore}.
 */
import { Clock, Effect, Random, Stream } from "effect"
import type { CallContext, Containerd } from "../containerd/connection.ts"
import { KeyedLock } from "../keyed-lock.ts"
import { IMAGE_CACHE_MAX, IMAGE_DOCUMENT_BYTES_MAX, LEASE_MS } from "../limits.ts"
import { Images, type Image as StoredImage } from "../proto/containerd/images.gen.ts"
import { Leases } from "../proto/containerd/leases.gen.ts"
import { type Image, type PullPolicy, RuntimeError } from "../sandbox-runtime.ts"
import { openArchive } from "./archive.ts"
import { ensureBlob, readBlob } from "./content.ts"
import type { ImageParts } from "./image-parts.ts"
import {
  chainIds,
  type Manifest,
  type ParsedConfig,
  parseConfig,
  parseJson,
  parseManifest,
} from "./manifest.ts"
import { ensureUnpacked, hasSnapshot } from "./unpack.ts"

/** What a container is made from. */
export interface ResolvedImage {
  readonly config: ParsedConfig
  /** The snapshot that the container's own is made on. */
  readonly chainId: string
}

export type Pull = (reference: string) => Effect.Effect<ImageParts, RuntimeError>

interface Documents {
  readonly manifest: Manifest
  readonly config: ParsedConfig
}

const sizeOf = ({ config, layers }: Manifest) => layers.reduce((sum, layer) => sum + layer.size, config.size)

const isNotFound = (error: RuntimeError) => error.reason === "NotFound"

const notPresent = (reference: string) =>
  new RuntimeError({
    reason: "ImageNotPresent",
    operation: "ensureImage",
    subject: reference,
    message: `the image ${reference} is not present on this machine`,
  })

/** What a registry gave and containerd would not have: a wrong digest, a layer that is no tar. */
const pullFailed = (error: RuntimeError): RuntimeError =>
  error.reason === "Unavailable" || error.reason === "DeadlineExceeded"
    ? error
    : new RuntimeError({ ...error, reason: "ImagePullFailed", message: error.message, cause: error })

export class ImageStore {
  readonly #containerd: Containerd
  readonly #snapshotter: string
  readonly #pull: Pull
  readonly #lock = new KeyedLock()
  /** By manifest digest: documents never change. */
  readonly #documents = new Map<string, Documents>()

  constructor(containerd: Containerd, snapshotter: string, pull: Pull) {
    this.#containerd = containerd
    this.#snapshotter = snapshotter
    this.#pull = pull
  }

  #get(reference: string): Effect.Effect<StoredImage | undefined, RuntimeError> {
    return this.#containerd.call(Images.method.get, { name: reference }, { subject: reference }).pipe(
      Effect.map(({ image }) => image),
      Effect.catchIf(isNotFound, () => Effect.succeed(undefined)),
    )
  }

  #read(digest: string, context: CallContext): Effect.Effect<Documents, RuntimeError> {
    const known = this.#documents.get(digest)
    if (known !== undefined) return Effect.succeed(known)
    const read = (of: string) =>
      Effect.flatMap(
        readBlob(this.#containerd, { digest: of, bytesMax: IMAGE_DOCUMENT_BYTES_MAX }, context),
        (bytes) => parsed(context.subject, () => parseJson(bytes, of)),
      )
    return Effect.gen({ self: this }, function* () {
      const manifestJson = yield* read(digest)
      const manifest = yield* parsed(context.subject, () => parseManifest(manifestJson))
      const configJson = yield* read(manifest.config.digest)
      const config = yield* parsed(context.subject, () => parseConfig(configJson))
      return this.#remember(digest, { manifest, config })
    })
  }

  #remember(digest: string, documents: Documents): Documents {
    const oldest = this.#documents.keys().next().value
    if (this.#documents.size >= IMAGE_CACHE_MAX && oldest !== undefined) this.#documents.delete(oldest)
    this.#documents.set(digest, documents)
    return documents
  }

  #describe(image: StoredImage): Effect.Effect<Image, RuntimeError> {
    const digest = image.target?.digest ?? ""
    return Effect.map(this.#read(digest, { subject: image.name }), ({ manifest }) => ({
      reference: image.name,
      digest,
      sizeBytes: sizeOf(manifest),
    }))
  }

  /** Runs `body` under a lease that keeps what is made from the collector, until it ends. */
  #leased<A>(
    subject: string,
    body: (context: CallContext) => Effect.Effect<A, RuntimeError>,
  ): Effect.Effect<A, RuntimeError> {
    const containerd = this.#containerd
    return Effect.acquireUseRelease(
      Effect.gen(function* () {
        const id = `miren-${(yield* Random.nextIntBetween(0, 2 ** 48)).toString(16)}`
        // A lease that a killed daemon leaves behind ends by itself.
        const labels = {
          "containerd.io/gc.expire": new Date((yield* Clock.currentTimeMillis) + LEASE_MS).toISOString(),
        }
        yield* containerd.call(Leases.method.create, { id, labels }, { subject })
        return id
      }),
      (lease) => body({ subject, lease }),
      (id) => Effect.ignore(containerd.call(Leases.method.delete, { id }, { subject })),
    )
  }

  #store(reference: string, parts: ImageParts): Effect.Effect<Image, RuntimeError> {
    const containerd = this.#containerd
    const { manifest, config, layers } = parts
    const snapshotter = this.#snapshotter
    return this.#leased(reference, (context) =>
      Effect.gen({ self: this }, function* () {
        yield* Effect.forEach(
          layers,
          (layer) =>
            ensureBlob(
              containerd,
              { digest: layer.digest, size: layer.size, labels: {}, chunks: parts.chunks(layer) },
              context,
            ),
          { concurrency: 3, discard: true },
        )
        const chainId = chainIds(config.parsed.diffIds).at(-1) ?? ""
        yield* ensureBlob(
          containerd,
          {
            digest: config.descriptor.digest,
            size: config.bytes.length,
            chunks: Stream.succeed(config.bytes),
            labels: { [`containerd.io/gc.ref.snapshot.${snapshotter}`]: chainId },
          },
          context,
        )
        const children = [config.descriptor, ...layers].map(
          ({ digest }, i) => [`containerd.io/gc.ref.content.${i}`, digest] as const,
        )
        yield* ensureBlob(
          containerd,
          {
            digest: manifest.digest,
            size: manifest.bytes.length,
            chunks: Stream.succeed(manifest.bytes),
            labels: Object.fromEntries(children),
          },
          context,
        )
        yield* ensureUnpacked(containerd, { snapshotter, layers, diffIds: config.parsed.diffIds }, context)
        yield* this.#name(reference, manifest)
        const whole = { manifest: { config: config.descriptor, layers }, config: config.parsed }
        this.#remember(manifest.digest, whole)
        return { reference, digest: manifest.digest, sizeBytes: sizeOf(whole.manifest) }
      }),
    )
  }

  #name(reference: string, { mediaType, digest, bytes }: ImageParts["manifest"]) {
    const containerd = this.#containerd
    const context = { subject: reference }
    const target = { mediaType, digest, size: BigInt(bytes.length), annotations: {} }
    const image = { name: reference, labels: {}, target }
    return containerd.call(Images.method.create, { image }, context).pipe(
      Effect.asVoid,
      Effect.catchIf(
        (error) => error.reason === "AlreadyExists",
        () =>
          Effect.asVoid(
            containerd.call(Images.method.update, { image, updateMask: { paths: ["target"] } }, context),
          ),
      ),
    )
  }

  /** One pull of a reference at a time: the next finds it there. */
  ensure(reference: string, policy: PullPolicy): Effect.Effect<Image, RuntimeError> {
    return this.#lock.run(
      reference,
      Effect.gen({ self: this }, function* () {
        const found = yield* this.#get(reference)
        if (found !== undefined && policy !== "Always") return yield* this.#describe(found)
        if (policy === "Never") return yield* Effect.fail(notPresent(reference))
        const parts = yield* this.#pull(reference)
        return yield* Effect.mapError(this.#store(reference, parts), pullFailed)
      }),
    )
  }

  import(path: string, reference: string | undefined): Effect.Effect<ReadonlyArray<Image>, RuntimeError> {
    return Effect.scoped(
      Effect.gen({ self: this }, function* () {
        const archived = yield* openArchive(path)
        const named = archived.length === 1 && reference !== undefined
        const images: Array<Image> = []
        for (const image of archived) {
          const name = named ? reference : (image.reference ?? reference)
          if (name === undefined) {
            const message = `the archive ${path} names no image; give a reference`
            return yield* Effect.fail(
              new RuntimeError({ reason: "InvalidArgument", operation: "import", subject: path, message }),
            )
          }
          images.push(yield* this.#store(name, image.parts))
        }
        return images
      }),
    )
  }

  readonly list: Effect.Effect<ReadonlyArray<Image>, RuntimeError> = Effect.suspend(() =>
    Effect.flatMap(
      this.#containerd.call(Images.method.list, { filters: [] }, { subject: "images" }),
      ({ images }) => Effect.forEach(images, (image) => this.#describe(image)),
    ),
  )

  /** What a container of the image is made from; unpacks it again where its snapshots are gone. */
  resolve(reference: string): Effect.Effect<ResolvedImage, RuntimeError> {
    return Effect.gen({ self: this }, function* () {
      const found = yield* this.#get(reference)
      if (found === undefined) return yield* Effect.fail(notPresent(reference))
      const { manifest, config } = yield* this.#read(found.target?.digest ?? "", { subject: reference })
      return { config, chainId: yield* this.#unpacked(reference, manifest, config) }
    })
  }

  #unpacked(reference: string, { layers }: Manifest, { diffIds }: ParsedConfig) {
    const snapshotter = this.#snapshotter
    const key = chainIds(diffIds).at(-1) ?? ""
    return Effect.flatMap(
      hasSnapshot(this.#containerd, { snapshotter, key }, { subject: reference }),
      (found) =>
        found
          ? Effect.succeed(key)
          : this.#leased(reference, (context) =>
              ensureUnpacked(this.#containerd, { snapshotter, layers, diffIds }, context),
            ),
    )
  }
}

const parsed = <A>(subject: string, parse: () => A): Effect.Effect<A, RuntimeError> =>
  Effect.try({
    try: parse,
    catch: (cause) =>
      new RuntimeError({
        reason: "InvalidArgument",
        operation: "read",
        subject,
        message: `the image ${subject} is broken: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause,
      }),
  })
