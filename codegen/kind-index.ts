/** The files over all kinds: `kinds.gen.ts` (types and descriptors by name) and `definitions.gen.ts` (the schemas as data). */
import type { ResourceDefinition } from "../schemas/index.ts"
import { header } from "./object-types.ts"

export interface KindModule {
  /** As kinds.gen.ts imports it: `./compute/sandbox.gen.ts`. */
  readonly module: string
  readonly names: ReadonlyArray<string>
}

export const generateKindIndex = (modules: ReadonlyArray<KindModule>): string => {
  const lines = modules.map(({ module, names: [kind, ...types] }) => {
    const exported = [kind, ...types.sort().map((name) => `type ${name}`)]
    return `export {\n${exported.map((name) => `  ${name},\n`).join("")}} from ${JSON.stringify(module)}\n`
  })
  return header("schemas/*/*.yaml") + lines.join("")
}

export const generateDefinitions = (definitions: ReadonlyArray<ResourceDefinition>): string =>
  `${header("schemas/*/*.yaml")}import type { ResourceDefinition } from "./meta/index.ts"

/** Every built-in kind, by group and plural. */
export const definitions: ReadonlyArray<ResourceDefinition> = ${JSON.stringify(definitions, null, 2)}
`
