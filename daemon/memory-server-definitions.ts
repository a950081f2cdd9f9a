/** The custom kinds of a server in memory: given as objects, or as the files that are applied to a cluster too. */
import { statSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { Effect } from "effect"
import { parseAllDocuments } from "yaml"
import type { CustomResourceDefinition } from "../schemas/index.ts"
import { definitionFileBytesMax } from "./limits.ts"
import { StartError } from "./start-error.ts"

const refused = (message: string, cause?: unknown): StartError =>
  new StartError({ reason: "InvalidConfig", message, ...(cause === undefined ? {} : { cause }) })

const isDefinition = (value: unknown): value is CustomResourceDefinition =>
  typeof value === "object" &&
  value !== null &&
  "kind" in value &&
  value.kind === "CustomResourceDefinition" &&
  "metadata" in value &&
  "spec" in value

const parse = (file: string, text: string): ReadonlyArray<CustomResourceDefinition> => {
  const found: Array<CustomResourceDefinition> = []
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors
    if (error !== undefined) throw refused(`${file}: ${error.message}`)
    const value: unknown = document.toJS({ maxAliasCount: 1000 })
    if (value === null) continue
    if (!isDefinition(value)) throw refused(`${file}: each document must be a CustomResourceDefinition`)
    found.push(value)
  }
  if (found.length === 0) throw refused(`${file}: there is no CustomResourceDefinition in it`)
  return found
}

const readDefinitionFile = async (file: string): Promise<ReadonlyArray<CustomResourceDefinition>> => {
  const bytes = statSync(file, { throwIfNoEntry: false })?.size
  if (bytes === undefined) throw refused(`${file}: there is no such file`)
  if (bytes > definitionFileBytesMax)
    throw refused(`${file} has more than ${definitionFileBytesMax} bytes: give its kinds in several files`)
  return parse(file, await readFile(file, "utf8"))
}

/**
 * The CustomResourceDefinitions of YAML or JSON files, in the order given: for `Scenario.definitions` of a simulation, or to install
 * them. Rejects with a StartError that names the file.
 */
export const loadDefinitions = async (
  files: ReadonlyArray<string | URL>,
): Promise<ReadonlyArray<CustomResourceDefinition>> => {
  const all: Array<CustomResourceDefinition> = []
  for (const file of files) {
    all.push(...(await readDefinitionFile(typeof file === "string" ? file : fileURLToPath(file))))
  }
  return all
}

/** In the order given. Fails with `InvalidConfig`, naming the file. */
export const readDefinitions = (
  crds: ReadonlyArray<CustomResourceDefinition | string | URL>,
): Effect.Effect<ReadonlyArray<CustomResourceDefinition>, StartError> =>
  Effect.tryPromise({
    try: async () => {
      const all: Array<CustomResourceDefinition> = []
      for (const crd of crds) {
        if (typeof crd === "string" || crd instanceof URL) all.push(...(await loadDefinitions([crd])))
        else all.push(crd)
      }
      return all
    },
    catch: (cause) => (cause instanceof StartError ? cause : refused(String(cause), cause)),
  })
