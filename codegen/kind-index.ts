/** The files over all kinds: `kinds.gen.ts` (types and descriptors by name) and `definitions.gen.ts` (the schemas as data). */
import type { ResourceDefinition } from "../schemas/index.ts"
import { header } from "./object-types.ts"

export interface KindModule {
  /** As kinds.gen.ts imports it: `./compute/sandbox.gen.ts`. */
  readonly module: string
  readonly names: ReadonlyArray<string>
}

/** `Events` of `./events/event.gen.ts`: what tells kinds of one name apart. */
const folderWord = (module: string): string => {
  const [, folder = ""] = module.split("/")
  return `${folder.charAt(0).toUpperCase()}${folder.slice(1)}`
}

/** Names as they are exported: one that an earlier module has already carries its folder's. */
export const generateKindIndex = (modules: ReadonlyArray<KindModule>): string => {
  const taken = new Set<string>()
  const exportedAs = (name: string, module: string): string => {
    if (!taken.has(name)) {
      taken.add(name)
      return name
    }
    return `${name} as ${folderWord(module)}${name}`
  }
  const lines = modules.map(({ module, names: [kind = "", ...types] }) => {
    const exported = [
      exportedAs(kind, module),
      ...types.sort().map((name) => `type ${exportedAs(name, module)}`),
    ]
    return `export {\n${exported.map((name) => `  ${name},\n`).join("")}} from ${JSON.stringify(module)}\n`
  })
  return header("schemas/*/*.yaml") + lines.join("")
}

export const generateDefinitions = (definitions: ReadonlyArray<ResourceDefinition>): string =>
  `${header("schemas/*/*.yaml")}import type { ResourceDefinition } from "./meta/index.ts"

/** Every built-in kind, by group and plural. */
export const definitions: ReadonlyArray<ResourceDefinition> = ${JSON.stringify(definitions, null, 2)}
`
