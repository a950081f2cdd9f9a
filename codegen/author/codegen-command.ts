/** `miren codegen`: types and kind descriptors of CustomResourceDefinitions. */
import { globSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { externalMark, generateExternal } from "../external.ts"
import { type Made, staleFiles, writeFiles } from "../output-files.ts"
import { Refusal } from "./refusal.ts"

export interface CodegenOptions {
  /** Files, folders with such files, or patterns. */
  readonly inputs: ReadonlyArray<string>
  readonly out: string
  /** Where the generated modules import Kind and ObjectMeta from. */
  readonly import: string
  /** Writes nothing; fails when something is stale. */
  readonly check: boolean
}

const isDefinitionFile = (name: string): boolean => /\.(ya?ml|json)$/.test(name)

/** The files that an input means, in the order of their names. */
const filesOf = (input: string): ReadonlyArray<string> => {
  const found = statSync(input, { throwIfNoEntry: false })
  if (found?.isFile()) return [input]
  const files = found?.isDirectory()
    ? readdirSync(input)
        .filter(isDefinitionFile)
        .map((name) => join(input, name))
    : globSync(input)
  if (files.length > 0) return [...files].sort()
  throw new Refusal(
    found === undefined
      ? `${input}: there is no such file: give YAML or JSON files with CustomResourceDefinitions, or a folder of them`
      : `${input}: the folder has no .yaml, .yml or .json file`,
  )
}

const made: Made = { folders: ["."], mark: externalMark }

/** What was done, a line each. Throws Refusal or SchemaError. */
export const codegen = async (options: CodegenOptions): Promise<ReadonlyArray<string>> => {
  const files = [...new Set(options.inputs.flatMap(filesOf))]
  const outputs = await generateExternal(files, options.import)
  if (!options.check) {
    const written = writeFiles(options.out, outputs, made).map((path) => join(options.out, path))
    return written.length === 0 ? [`${options.out} is up to date`] : written
  }
  const stale = staleFiles(options.out, outputs, made)
  if (stale.length === 0) return [`${options.out} is up to date`]
  const again = `miren codegen ${options.inputs.join(" ")} --out ${options.out}`
  throw new Refusal(
    [...stale.map(({ path, why }) => `${join(options.out, path)} ${why}`), `run \`${again}\``].join("\n"),
  )
}
