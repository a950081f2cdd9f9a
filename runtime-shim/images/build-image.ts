/**
 * A container image made of files, as an OCI layout tar: one uncompressed layer, the same bytes for the same input.
 *
 * Example: `buildImageTar({ reference: "hello:1", files: { "bin/hello": { content, mode: 0o755 } }, config: { cmd: ["/bin/hello"] } })`
 */
import { createHash } from "node:crypto"
import { type TarFile, writeTar } from "./tar-writer.ts"

export interface ImageConfig {
  readonly entrypoint?: ReadonlyArray<string>
  readonly cmd?: ReadonlyArray<string>
  /** `NAME=value` each. */
  readonly env?: ReadonlyArray<string>
  readonly workingDir?: string
  /** `uid`, `uid:gid` or names that the image's /etc/passwd has. */
  readonly user?: string
  readonly labels?: { readonly [name: string]: string }
}

export interface ImageRecipe {
  readonly reference: string
  readonly files: { readonly [path: string]: TarFile }
  readonly config?: ImageConfig
  /** GOARCH. Default: this machine's. */
  readonly architecture?: string
}

interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly bytes: Buffer
}

const blobOf = (mediaType: string, bytes: Buffer): Blob => ({
  mediaType,
  digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
  size: bytes.length,
  bytes,
})

const jsonBlob = (mediaType: string, value: unknown) => blobOf(mediaType, Buffer.from(JSON.stringify(value)))

const descriptorOf = ({ mediaType, digest, size }: Blob) => ({ mediaType, digest, size })

/** Node's word for the machine's architecture as Go's, which images use. */
export const goArchitecture = (): string =>
  ({ x64: "amd64", ia32: "386" })[process.arch as string] ?? process.arch

export const buildImageTar = ({ reference, files, config = {}, architecture }: ImageRecipe): Buffer => {
  const layer = blobOf("application/vnd.oci.image.layer.v1.tar", writeTar(files))
  const configBlob = jsonBlob("application/vnd.oci.image.config.v1+json", {
    created: "1970-01-01T00:00:00Z",
    architecture: architecture ?? goArchitecture(),
    os: "linux",
    config: {
      Entrypoint: config.entrypoint,
      Cmd: config.cmd,
      Env: config.env,
      WorkingDir: config.workingDir,
      User: config.user,
      Labels: config.labels,
    },
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  })
  const manifest = jsonBlob("application/vnd.oci.image.manifest.v1+json", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: descriptorOf(configBlob),
    layers: [descriptorOf(layer)],
  })
  const index = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        ...descriptorOf(manifest),
        annotations: {
          "io.containerd.image.name": reference,
          "org.opencontainers.image.ref.name": reference,
        },
      },
    ],
  }
  const blobs = [layer, configBlob, manifest].map(
    ({ digest, bytes }) => [`blobs/sha256/${digest.slice("sha256:".length)}`, { content: bytes }] as const,
  )
  return writeTar({
    "oci-layout": { content: JSON.stringify({ imageLayoutVersion: "1.0.0" }) },
    "index.json": { content: JSON.stringify(index) },
    ...Object.fromEntries(blobs),
  })
}
