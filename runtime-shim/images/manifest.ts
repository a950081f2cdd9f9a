/** OCI and docker image documents, parsed once at the border. See the OCI image specification. */
import { createHash } from "node:crypto"
import { IMAGE_LAYERS_MAX, INDEX_MANIFESTS_MAX } from "../limits.ts"
import { goArchitecture } from "./build-image.ts"

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations: { readonly [name: string]: string }
  readonly platform: { readonly os: string; readonly architecture: string } | undefined
}

export interface Manifest {
  readonly config: Descriptor
  readonly layers: ReadonlyArray<Descriptor>
}

/** What of an image's config a container is made from. */
export interface ParsedConfig {
  readonly entrypoint: ReadonlyArray<string>
  readonly cmd: ReadonlyArray<string>
  readonly env: ReadonlyArray<string>
  readonly workingDir: string
  readonly user: string
  readonly diffIds: ReadonlyArray<string>
}

export const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
]
export const INDEX_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]

const DIGEST = /^sha256:[0-9a-f]{64}$/

type Json = { readonly [key: string]: unknown }

const refuse = (where: string, what: string): never => {
  throw new TypeError(`${where} ${what}`)
}

const objectAt = (value: unknown, where: string): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : refuse(where, "is not an object")

const stringAt = (value: unknown, where: string): string =>
  typeof value === "string" ? value : refuse(where, "is not a string")

const listAt = (value: unknown, where: string, max: number): ReadonlyArray<unknown> => {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) return refuse(where, "is not a list")
  return value.length <= max ? value : refuse(where, `has more than ${max} entries`)
}

const stringsAt = (value: unknown, where: string): ReadonlyArray<string> =>
  listAt(value, where, 10_000).map((item, i) => stringAt(item, `${where}[${i}]`))

export const parseJson = (bytes: Uint8Array, what: string): Json => {
  try {
    return objectAt(JSON.parse(Buffer.from(bytes).toString("utf8")), what)
  } catch (cause) {
    throw new TypeError(`${what} is not a JSON object`, { cause })
  }
}

const parseDescriptor = (value: unknown, where: string): Descriptor => {
  const found = objectAt(value, where)
  const digest = stringAt(found.digest, `${where}.digest`)
  if (!DIGEST.test(digest)) refuse(`${where}.digest`, "is not a sha256 digest")
  const size = found.size
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    return refuse(`${where}.size`, "is not a size")
  }
  const annotations = Object.entries(objectAt(found.annotations ?? {}, `${where}.annotations`)).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  )
  const platform = found.platform === undefined ? undefined : objectAt(found.platform, `${where}.platform`)
  return {
    mediaType: typeof found.mediaType === "string" ? found.mediaType : "",
    digest,
    size,
    annotations: Object.fromEntries(annotations),
    platform:
      platform === undefined
        ? undefined
        : { os: String(platform.os), architecture: String(platform.architecture) },
  }
}

/** An index's manifests, or undefined for a document that is no index. */
export const parseIndex = (json: Json): ReadonlyArray<Descriptor> | undefined =>
  json.manifests === undefined
    ? undefined
    : listAt(json.manifests, "manifests", INDEX_MANIFESTS_MAX).map((item, i) =>
        parseDescriptor(item, `manifests[${i}]`),
      )

export const parseManifest = (json: Json): Manifest => ({
  config: parseDescriptor(json.config, "config"),
  layers: listAt(json.layers, "layers", IMAGE_LAYERS_MAX).map((item, i) =>
    parseDescriptor(item, `layers[${i}]`),
  ),
})

export const parseConfig = (json: Json): ParsedConfig => {
  const config = objectAt(json.config ?? {}, "config")
  const rootfs = objectAt(json.rootfs, "rootfs")
  return {
    entrypoint: stringsAt(config.Entrypoint, "config.Entrypoint"),
    cmd: stringsAt(config.Cmd, "config.Cmd"),
    env: stringsAt(config.Env, "config.Env"),
    workingDir: typeof config.WorkingDir === "string" ? config.WorkingDir : "",
    user: typeof config.User === "string" ? config.User : "",
    diffIds: listAt(rootfs.diff_ids, "rootfs.diff_ids", IMAGE_LAYERS_MAX).map((item, i) =>
      stringAt(item, `rootfs.diff_ids[${i}]`),
    ),
  }
}

/** The one for this machine; an entry without a platform fits any. */
export const selectPlatform = (
  manifests: ReadonlyArray<Descriptor>,
  architecture = goArchitecture(),
): Descriptor | undefined =>
  manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === architecture) ??
  manifests.find(({ platform }) => platform === undefined)

/** Names of the snapshots of stacked layers (OCI image specification, "Layer ChainID"); the last is the image's. */
export const chainIds = (diffIds: ReadonlyArray<string>): ReadonlyArray<string> => {
  const ids: Array<string> = []
  for (const diffId of diffIds) {
    const parent = ids.at(-1)
    ids.push(
      parent === undefined
        ? diffId
        : `sha256:${createHash("sha256").update(`${parent} ${diffId}`).digest("hex")}`,
    )
  }
  return ids
}
