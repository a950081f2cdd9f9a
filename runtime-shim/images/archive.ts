/** Images in a tar on disk: an OCI layout, or what `docker save` writes. */
import { createHash } from "node:crypto"
import { type FileHandle, open } from "node:fs/promises"
import { Effect, type Scope, Stream } from "effect"
import { CONTENT_CHUNK_BYTES, IMAGE_DOCUMENT_BYTES_MAX } from "../limits.ts"
import { RuntimeError } from "../sandbox-runtime.ts"
import type { ImageParts } from "./image-parts.ts"
import {
  type Descriptor,
  type Manifest,
  parseConfig,
  parseIndex,
  parseJson,
  parseManifest,
  selectPlatform,
} from "./manifest.ts"
import { indexTar, type TarEntry, type TarIndex } from "./tar-index.ts"

export interface ArchivedImage {
  /** The name that the archive gives; absent where it gives none. */
  readonly reference: string | undefined
  readonly parts: ImageParts
}

const refuse = (path: string, cause: unknown) =>
  new RuntimeError({
    reason: "InvalidArgument",
    operation: "import",
    subject: path,
    message: `the image archive ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  })

const chunksOf = (index: TarIndex, entry: TarEntry, path: string) =>
  Stream.unfold(0, (from: number) =>
    from >= entry.size
      ? Effect.succeed(undefined)
      : Effect.tryPromise({
          try: async () => {
            const chunk = await index.readAt(entry, from, CONTENT_CHUNK_BYTES)
            return [chunk, from + chunk.length] as const
          },
          catch: (cause) => refuse(path, cause),
        }),
  )

const blobPath = (digest: string) => `blobs/${digest.replace(":", "/")}`

const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`

const readVerified = async (index: TarIndex, digest: string): Promise<Buffer> => {
  const bytes = await index.read(blobPath(digest), IMAGE_DOCUMENT_BYTES_MAX)
  if (sha256(bytes) !== digest) throw new Error(`${digest} does not match its digest`)
  return bytes
}

const partsOf = (
  documents: { readonly bytes: Buffer; readonly mediaType: string; readonly config: Buffer },
  manifest: Manifest,
  chunks: ImageParts["chunks"],
): ImageParts => ({
  manifest: {
    mediaType: documents.mediaType,
    bytes: documents.bytes,
    digest: sha256(documents.bytes),
  },
  config: {
    descriptor: manifest.config,
    bytes: documents.config,
    parsed: parseConfig(parseJson(documents.config, "config")),
  },
  layers: manifest.layers,
  chunks,
})

/** Follows an index to this machine's manifest. */
const readOciImage = async (index: TarIndex, target: Descriptor, path: string): Promise<ImageParts> => {
  const bytes = await readVerified(index, target.digest)
  const json = parseJson(bytes, target.digest)
  const inner = parseIndex(json)
  if (inner !== undefined) {
    const selected = selectPlatform(inner.filter(({ digest }) => index.find(blobPath(digest)) !== undefined))
    if (selected === undefined) throw new Error("it has no image for this machine's architecture")
    return readOciImage(index, selected, path)
  }
  const manifest = parseManifest(json)
  const config = await readVerified(index, manifest.config.digest)
  const mediaType =
    target.mediaType ||
    (typeof json.mediaType === "string" ? json.mediaType : "application/vnd.oci.image.manifest.v1+json")
  return partsOf({ bytes, mediaType, config }, manifest, ({ digest }) => {
    const entry = index.find(blobPath(digest))
    return entry === undefined
      ? Stream.fail(refuse(path, new Error(`it has no ${blobPath(digest)}`)))
      : chunksOf(index, entry, path)
  })
}

const nameOf = ({ annotations }: Descriptor): string | undefined =>
  annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"]

const readOciLayout = async (index: TarIndex, path: string): Promise<ReadonlyArray<ArchivedImage>> => {
  const json = parseJson(await index.read("index.json", IMAGE_DOCUMENT_BYTES_MAX), "index.json")
  const images: Array<ArchivedImage> = []
  for (const target of parseIndex(json) ?? []) {
    images.push({ reference: nameOf(target), parts: await readOciImage(index, target, path) })
  }
  return images
}

interface ArchivedLayer {
  readonly entry: TarEntry
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** A layer of a docker-save tar, whose digest nobody wrote down. */
const describeLayer = async (index: TarIndex, name: string): Promise<ArchivedLayer> => {
  const entry = index.find(name)
  if (entry === undefined) throw new Error(`it has no ${name}`)
  const hash = createHash("sha256")
  for (let from = 0; from < entry.size; from += CONTENT_CHUNK_BYTES) {
    hash.update(await index.readAt(entry, from, CONTENT_CHUNK_BYTES))
  }
  const start = await index.readAt(entry, 0, 2)
  const isGzip = start[0] === 0x1f && start[1] === 0x8b
  return {
    entry,
    mediaType: `application/vnd.oci.image.layer.v1.tar${isGzip ? "+gzip" : ""}`,
    digest: `sha256:${hash.digest("hex")}`,
    size: entry.size,
  }
}

const readDockerSave = async (index: TarIndex, path: string): Promise<ReadonlyArray<ArchivedImage>> => {
  const bytes = await index.read("manifest.json", IMAGE_DOCUMENT_BYTES_MAX)
  const list: unknown = JSON.parse(bytes.toString("utf8"))
  if (!Array.isArray(list)) throw new TypeError("manifest.json is not a list")
  const images: Array<ArchivedImage> = []
  for (const item of list) {
    const saved = parseJson(Buffer.from(JSON.stringify(item)), "manifest.json")
    const config = await index.read(String(saved.Config), IMAGE_DOCUMENT_BYTES_MAX)
    const names = Array.isArray(saved.Layers) ? saved.Layers.map(String) : []
    const layers: Array<ArchivedLayer> = []
    for (const name of names) layers.push(await describeLayer(index, name))
    const document = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: {
          mediaType: "application/vnd.oci.image.config.v1+json",
          digest: sha256(config),
          size: config.length,
        },
        layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
      }),
    )
    const parts = partsOf(
      { bytes: document, mediaType: "application/vnd.oci.image.manifest.v1+json", config },
      parseManifest(parseJson(document, "manifest")),
      ({ digest }) => {
        const layer = layers.find((found) => found.digest === digest)
        return layer === undefined
          ? Stream.fail(refuse(path, new Error(`it has no layer ${digest}`)))
          : chunksOf(index, layer.entry, path)
      },
    )
    const tags = Array.isArray(saved.RepoTags) ? saved.RepoTags.map(String) : []
    for (const reference of tags.length === 0 ? [undefined] : tags) images.push({ reference, parts })
  }
  return images
}

const readImages = async (file: FileHandle, path: string): Promise<ReadonlyArray<ArchivedImage>> => {
  const index = await indexTar(file)
  if (index.find("index.json") !== undefined) return readOciLayout(index, path)
  if (index.find("manifest.json") !== undefined) return readDockerSave(index, path)
  throw new Error("it has neither an index.json (OCI layout) nor a manifest.json (docker save)")
}

/** The images of an archive. Their layers are read from it while the Scope is open. */
export const openArchive = (
  path: string,
): Effect.Effect<ReadonlyArray<ArchivedImage>, RuntimeError, Scope.Scope> =>
  Effect.flatMap(
    Effect.acquireRelease(
      Effect.tryPromise({ try: () => open(path, "r"), catch: (cause) => refuse(path, cause) }),
      (file) => Effect.promise(() => file.close()),
    ),
    (file) => Effect.tryPromise({ try: () => readImages(file, path), catch: (cause) => refuse(path, cause) }),
  )
