/** What codegen makes of what it reads: paths and texts, nothing written yet. Start with {@link generateBuiltIns}. */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { generateDefinitions, generateKindIndex, type KindModule } from "./kind-index.ts"
import { allOf, type KindSource, readKind } from "./kind-source.ts"
import { apiVersion, generateTypes } from "./object-types.ts"
import { generateReference } from "./reference-page.ts"
import { generateConfigModule, generateConfigReference, readConfigSchema } from "./server-config.ts"

/** Texts by path, relative to the root that they were generated for. */
export type Outputs = ReadonlyMap<string, string>

const configFolder = "config"

/** Everything generated from `ROOT/schemas`. Fails with SchemaError and the problems of all files. */
export const generateBuiltIns = async (root: string): Promise<Outputs> => {
  const kinds = readAll(root)
  const outputs = new Map<string, string>()
  const modules: KindModule[] = []
  for (const kind of kinds) {
    for (const { path, text, names } of await kindModules(kind, "../meta/index.ts")) {
      const folder = relative("schemas", join(kind.file, ".."))
      outputs.set(join("schemas", folder, path), text)
      modules.push({ module: `./${folder}/${path}`, names })
    }
    for (const version of kind.definition.versions) {
      const page = `${apiVersion(kind.definition, version).replace("/", "_")}_${kind.definition.names.singular}.md`
      const name = kind.definition.group === "" ? `core_${page}` : page
      outputs.set(join("docs/reference", name), generateReference(kind, version))
    }
  }
  outputs.set("schemas/kinds.gen.ts", generateKindIndex(modules))
  outputs.set("schemas/definitions.gen.ts", generateDefinitions(kinds.map(({ definition }) => definition)))
  const config = readConfigSchema(configFile, readFileSync(join(root, configFile), "utf8"))
  outputs.set("schemas/config/server.gen.ts", generateConfigModule(config))
  outputs.set("docs/reference/server-config.md", generateConfigReference(config))
  return outputs
}

const configFile = "schemas/config/server.yaml"

interface GeneratedModule {
  readonly path: string
  readonly text: string
  readonly names: ReadonlyArray<string>
}

/** One module per version; the version is in the file's name only where there are several. */
const kindModules = async (kind: KindSource, metaModule: string): Promise<ReadonlyArray<GeneratedModule>> => {
  const { definition } = kind
  const { singular } = definition.names
  const modules: GeneratedModule[] = []
  for (const version of definition.versions) {
    const { text, names } = await generateTypes({ definition, version, from: kind.file, metaModule })
    const path =
      definition.versions.length === 1 ? `${singular}.gen.ts` : `${singular}.${version.name}.gen.ts`
    modules.push({ path, text, names })
  }
  return modules
}

const readAll = (root: string): ReadonlyArray<KindSource> => {
  const reads = kindFiles(root).map(
    (file) => () => readKind(file, readFileSync(join(root, file), "utf8"), { documented: true }),
  )
  return [...allOf(reads)].sort((a, b) => compare(keyOf(a), keyOf(b)))
}

const keyOf = ({ definition }: KindSource): string => `${definition.group}/${definition.names.plural}`
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const kindFiles = (root: string): ReadonlyArray<string> =>
  readdirSync(join(root, "schemas"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== configFolder)
    .flatMap((entry) =>
      readdirSync(join(root, "schemas", entry.name)).map((name) => `schemas/${entry.name}/${name}`),
    )
    .filter((path) => path.endsWith(".yaml"))
    .sort(compare)
