/**
 * The kinds of an author, or of anybody else, as TypeScript: one module for each kind, made of the CRD files that a cluster is
 * given too. Start with {@link generateExternal}.
 */
import { readFileSync, statSync } from "node:fs"
import { basename } from "node:path"
import type { JsonObject, ResourceVersionDefinition } from "../schemas/index.ts"
import type { Outputs } from "./generate.ts"
import { allOf, type KindSource, readKinds } from "./kind-source.ts"
import { definitionFileBytesMax } from "./limits.ts"
import { header, importOf, typesOfVersion, type VersionTypes } from "./object-types.ts"
import { SchemaError } from "./problem.ts"
import { isArray, isObject } from "./source.ts"

/** Names the command in the head of each file: those are its files, and nobody else's. */
export const externalCommand = "miren codegen"

const wrong = (file: string, message: string): SchemaError =>
  new SchemaError([{ file, line: 1, column: 1, path: "", message }])

const readFile = (file: string): ReadonlyArray<KindSource> => {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined || !found.isFile()) throw wrong(file, "there is no such file")
  if (found.size > definitionFileBytesMax)
    throw wrong(
      file,
      `the file has more than ${definitionFileBytesMax} bytes: give its kinds in several files`,
    )
  return readKinds(file, readFileSync(file, "utf8"))
}

/**
 * Modules by file name, `KIND.gen.ts`. Fails with SchemaError and the problems of all files, each with its line.
 *
 * A kind of one version has its plain names: `Widget`, `WidgetSpec`. Of several, each version has names of its own
 * (`WidgetV1`, `WidgetV1Spec`), and the plain name is the version that is stored.
 */
export const generateExternal = async (
  files: ReadonlyArray<string>,
  metaModule: string,
): Promise<Outputs> => {
  const kinds = allOf(files.map((file) => () => readFile(file))).flat()
  const [file = "."] = files
  if (kinds.length === 0)
    throw wrong(
      file,
      `there is no CustomResourceDefinition here${files.length > 1 ? ", nor in the other files" : ""}`,
    )
  const outputs = new Map<string, string>()
  for (const kind of kinds) {
    const path = fileOf(kind, kinds)
    if (outputs.has(path)) {
      const { names, group } = kind.definition
      throw wrong(kind.file, `${names.plural}.${group} is defined by another of the files too`)
    }
    outputs.set(path, await moduleOf(kind, metaModule))
  }
  return outputs
}

/** The group is in the name only where kinds of one name would meet. */
const fileOf = ({ definition }: KindSource, all: ReadonlyArray<KindSource>): string => {
  const { group, names } = definition
  const isShared = all.some(
    (other) => other.definition.names.singular === names.singular && other.definition.group !== group,
  )
  return `${isShared ? `${names.singular}.${group}` : names.singular}.gen.ts`
}

const moduleOf = async (kind: KindSource, metaModule: string): Promise<string> => {
  const { definition, file } = kind
  const served = definition.versions.filter((version) => version.served)
  const versions = (served.length === 0 ? definition.versions : served).map(untitled)
  const plain = definition.names.kind
  const several = versions.length > 1
  const parts: VersionTypes[] = []
  for (const version of versions) {
    const name = several ? plain + pascal(version.name) : plain
    parts.push(await typesOfVersion({ definition, version, name }))
  }
  const stored = versions.findIndex(({ storage }) => storage)
  const alias = several ? aliasOf(plain, parts[stored === -1 ? 0 : stored]) : ""
  const uses = parts.flatMap((part) => part.uses)
  const body = parts.map(({ text }) => text).join("\n")
  return `${header(basename(file), externalCommand)}${importOf(uses, metaModule)}\n${body}${alias}`
}

/** The stored version under the plain name of the kind. */
const aliasOf = (plain: string, stored: VersionTypes | undefined): string => {
  const [versioned = plain] = stored?.names ?? []
  const types = ["", "Spec", "Status"]
    .filter((part) => stored?.names.includes(versioned + part))
    .map((part) => `export type ${plain}${part} = ${versioned}${part}\n`)
  return `\n/** The version that is stored. */\nexport const ${plain} = ${versioned}\n${types.join("")}`
}

const pascal = (version: string): string => version.charAt(0).toUpperCase() + version.slice(1)

/** Without titles: in schemas that others wrote they are words for people, and no names. */
const untitled = (version: ResourceVersionDefinition): ResourceVersionDefinition => ({
  ...version,
  schema: { openAPIV3Schema: withoutTitles(version.schema.openAPIV3Schema) },
})

const withoutTitles = ({ title: _title, ...node }: JsonObject): JsonObject => {
  const { properties, items, additionalProperties } = node
  return {
    ...node,
    ...(isObject(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, child]) => [
              name,
              isObject(child) ? withoutTitles(child) : child,
            ]),
          ),
        }
      : {}),
    ...(isObject(items) && !isArray(items) ? { items: withoutTitles(items) } : {}),
    ...(isObject(additionalProperties) ? { additionalProperties: withoutTitles(additionalProperties) } : {}),
  }
}
