/** Small files of an image, read from its snapshot's layers without mounting it. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { IMAGE_FILE_BYTES_MAX } from "../limits.ts"
import type { Mount } from "../proto/containerd/mount.gen.ts"

/** The directories of a snapshot, top layer first. */
const layersOf = (mounts: ReadonlyArray<Mount>): ReadonlyArray<string> =>
  mounts.flatMap(({ type, source, options }) =>
    type === "overlay"
      ? options.flatMap((option) =>
          option.startsWith("lowerdir=") ? option.slice("lowerdir=".length).split(":") : [],
        )
      : [source],
  )

/** A regular file, never through a symlink: what an image holds must not lead into the host. */
const readRegular = (path: string): string | undefined => {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
  try {
    const stat = fstatSync(file)
    return stat.isFile() && stat.size <= IMAGE_FILE_BYTES_MAX ? readFileSync(file, "utf8") : undefined
  } finally {
    closeSync(file)
  }
}

const isPlainDirectory = (path: string): boolean => {
  try {
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY))
    return true
  } catch {
    return false
  }
}

/** `etc/passwd` or `etc/group` of the image. */
export const readImageFile = (
  mounts: ReadonlyArray<Mount>,
  path: "etc/passwd" | "etc/group",
): string | undefined => {
  for (const layer of layersOf(mounts)) {
    if (!isPlainDirectory(join(layer, "etc"))) continue
    const text = readRegular(join(layer, path))
    if (text !== undefined) return text
  }
  return undefined
}
