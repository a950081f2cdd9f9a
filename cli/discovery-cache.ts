/**
 * What a server serves, remembered on disk for a while, so that a `get` is one request. A word that is not known in what is
 * remembered is looked up afresh: a kind that came is found at once, one that went answers 404 itself.
 */
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { discover, type Resource } from "./discovery.ts"
import { CliFailure } from "./failure.ts"
import { isObject } from "./json.ts"
import { discoveryMaxAgeMs } from "./limits.ts"
import type { Cluster } from "./program.ts"

/** What `find` makes of the resources: remembered ones first, fresh ones when it fails with NotFound. */
export const withResources = async <A>(
  { api, server, cacheFolder }: Cluster,
  find: (resources: ReadonlyArray<Resource>) => A,
): Promise<A> => {
  const file = cacheFolder === undefined ? undefined : join(cacheFolder, `${nameOf(server)}.json`)
  const remembered = file === undefined ? undefined : await recall(file)
  if (remembered !== undefined) {
    try {
      return find(remembered)
    } catch (error) {
      if (!(error instanceof CliFailure && error.reason === "NotFound")) throw error
    }
  }
  const resources = await discover(api)
  if (file !== undefined) await remember(file, resources)
  return find(resources)
}

/** `127.0.0.1_6443`; hashing it would load all of node:crypto. */
const nameOf = (server: string): string =>
  server
    .replace(/^https?:\/\//, "")
    .replaceAll(/[^A-Za-z0-9.-]+/g, "_")
    .slice(0, 200)

/** Undefined when there is nothing, it is too old, or it is not what was written. */
const recall = async (file: string): Promise<ReadonlyArray<Resource> | undefined> => {
  try {
    const { mtimeMs } = await stat(file)
    const age = Date.now() - mtimeMs
    if (age < 0 || age > discoveryMaxAgeMs) return undefined
    const value: unknown = JSON.parse(await readFile(file, "utf8"))
    return Array.isArray(value) && value.every(isResource) ? value : undefined
  } catch {
    return undefined
  }
}

const isResource = (value: unknown): value is Resource =>
  isObject(value) &&
  ["group", "version", "kind", "plural", "singular"].every((field) => typeof value[field] === "string") &&
  ["shortNames", "categories", "verbs"].every((field) => Array.isArray(value[field])) &&
  typeof value.namespaced === "boolean"

/**
 * Categories are left out: a kind that came may have joined one, so they are always asked for.
 * A cache that cannot be written is none: nothing is said of it.
 */
const remember = async (file: string, resources: ReadonlyArray<Resource>): Promise<void> => {
  const draft = `${file}.${process.pid}`
  try {
    await mkdir(join(file, ".."), { recursive: true, mode: 0o700 })
    await writeFile(draft, JSON.stringify(resources.map((one) => ({ ...one, categories: [] }))), {
      mode: 0o600,
    })
    await rename(draft, file)
  } catch {
    // The next command asks the server again.
  }
}
