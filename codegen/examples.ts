/** The types of the examples' kinds: what `miren codegen crds --out src/generated` writes in each of their folders. */
import { globSync } from "node:fs"
import { dirname, join } from "node:path"
import { externalMark, generateExternal } from "./external.ts"
import type { Outputs } from "./generate.ts"
import type { Made } from "./output-files.ts"

export const examplesMade: Made = { folders: ["examples/operators"], mark: externalMark }

export const generateExamples = async (root: string): Promise<Outputs> => {
  const outputs = new Map<string, string>()
  const folders = globSync("examples/operators/*/crds", { cwd: root }).sort()
  for (const crds of folders) {
    const files = globSync(`${crds}/*.yaml`, { cwd: root }).sort()
    const generated = await generateExternal(
      files.map((file) => join(root, file)),
      "miren/schemas",
    )
    for (const [path, text] of generated) outputs.set(join(dirname(crds), "src/generated", path), text)
  }
  return outputs
}
