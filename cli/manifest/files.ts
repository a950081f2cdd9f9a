/** The manifest files that `-f` and `-R` name, read within bounds. */
import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { CliFailure } from "../failure.ts"
import { maxFiles, maxManifestBytes } from "../limits.ts"
import { type ManifestDocument, parseManifest } from "./document.ts"
import { ManifestError, type ManifestProblem } from "./problem.ts"

export interface FileOptions {
  readonly filenames: ReadonlyArray<string>
  readonly recursive: boolean
  readonly stdin: Readable
}

/** All documents of all files, in order. Fails with ManifestError and every problem, or CliFailure. */
export const readManifests = async (options: FileOptions): Promise<ReadonlyArray<ManifestDocument>> => {
  if (options.filenames.length === 0)
    throw new CliFailure("Usage", "name a manifest: -f FILE, or -f - for standard input")
  const documents: ManifestDocument[] = []
  const problems: ManifestProblem[] = []
  for (const file of await expand(options)) {
    const text = await readBounded(file, options.stdin)
    if (text === undefined) {
      problems.push({
        file: label(file),
        message: `has more than ${maxManifestBytes / 1_000_000} MB: split it`,
      })
      continue
    }
    const manifest = parseManifest(label(file), text)
    documents.push(...manifest.documents)
    problems.push(...manifest.problems)
  }
  if (problems.length > 0) throw new ManifestError(problems)
  if (documents.length === 0)
    throw new CliFailure("Manifest", `${options.filenames.join(", ")}: there is no document`)
  return documents
}

const label = (file: string): string => (file === "-" ? "<stdin>" : file)

const expand = async ({ filenames, recursive }: FileOptions): Promise<ReadonlyArray<string>> => {
  const files: string[] = []
  for (const name of filenames) {
    if (/^https?:\/\//.test(name))
      throw new CliFailure(
        "Usage",
        `${name}: manifests are not fetched; download it, look at it, and name the file`,
      )
    if (name === "-" || !(await isFolder(name))) files.push(name)
    else files.push(...(await filesIn(name, recursive)))
    if (files.length > maxFiles) throw new CliFailure("Manifest", `there are more than ${maxFiles} files`)
  }
  return files
}

const isFolder = async (path: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

const unreadable = (path: string, cause: unknown): CliFailure => {
  const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT"
  const why = missing ? "there is no such file" : cause instanceof Error ? cause.message : String(cause)
  return new CliFailure("Manifest", `${path}: ${why}`, cause)
}

const filesIn = async (folder: string, recursive: boolean): Promise<ReadonlyArray<string>> => {
  const names = await readdir(folder, { withFileTypes: true })
  const files: string[] = []
  for (const entry of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && recursive) files.push(...(await filesIn(path, recursive)))
    if (!entry.isDirectory() && /\.(ya?ml|json)$/.test(entry.name)) files.push(path)
  }
  return files
}

/** Undefined when it is too large. */
const readBounded = async (file: string, stdin: Readable): Promise<string | undefined> => {
  if (file !== "-") {
    try {
      if ((await stat(file)).size > maxManifestBytes) return undefined
      return await readFile(file, "utf8")
    } catch (cause) {
      throw unreadable(file, cause)
    }
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.byteLength
    if (size > maxManifestBytes) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString("utf8")
}
