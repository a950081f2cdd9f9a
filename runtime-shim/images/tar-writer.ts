/** A tar in memory, the same bytes for the same files: ustar, owner root, time 0, entries in the order given. */

export type TarFile =
  | { readonly type?: "file"; readonly content: Uint8Array | string; readonly mode?: number }
  | { readonly type: "directory"; readonly mode?: number }
  | { readonly type: "symlink"; readonly target: string }

const BLOCK = 512
const NAME_BYTES_MAX = 100
const PREFIX_BYTES_MAX = 155

/** ustar keeps a long path in two fields, cut at a slash. */
const splitPath = (path: string): { readonly prefix: string; readonly name: string } => {
  if (Buffer.byteLength(path) <= NAME_BYTES_MAX) return { prefix: "", name: path }
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const prefix = path.slice(0, at)
    const name = path.slice(at + 1)
    if (
      name !== "" &&
      Buffer.byteLength(name) <= NAME_BYTES_MAX &&
      Buffer.byteLength(prefix) <= PREFIX_BYTES_MAX
    ) {
      return { prefix, name }
    }
  }
  throw new RangeError(`the path ${path.slice(0, 60)}... does not fit into a ustar header`)
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, "0")}\0`

const headerOf = (path: string, file: TarFile, size: number): Buffer => {
  const type = file.type ?? "file"
  const { prefix, name } = splitPath(type === "directory" && !path.endsWith("/") ? `${path}/` : path)
  const header = Buffer.alloc(BLOCK)
  const mode = type === "symlink" ? 0o777 : "mode" in file ? file.mode : undefined
  header.write(name, 0)
  header.write(octal(mode ?? (type === "directory" ? 0o755 : 0o644), 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(size, 12), 124)
  header.write(octal(0, 12), 136)
  header.write("        ", 148)
  header.write({ file: "0", symlink: "2", directory: "5" }[type], 156)
  if (file.type === "symlink") header.write(file.target, 157, NAME_BYTES_MAX)
  header.write("ustar\x0000", 257)
  header.write(prefix, 345)
  let sum = 0
  for (const byte of header) sum += byte
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148)
  return header
}

/** The tar of the files, by path. Directories above a file need not be given. */
export const writeTar = (files: { readonly [path: string]: TarFile }): Buffer => {
  const parts: Array<Buffer> = []
  for (const [path, file] of Object.entries(files)) {
    const content = "content" in file ? Buffer.from(file.content) : Buffer.alloc(0)
    parts.push(headerOf(path, file, content.length), content)
    parts.push(Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK))
  }
  parts.push(Buffer.alloc(2 * BLOCK))
  return Buffer.concat(parts)
}
