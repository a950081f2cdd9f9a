/**
 * `npm run codegen`: writes everything generated from `schemas/`.
 * `--check` writes nothing and fails when something is stale; `--in FILE --out DIR` generates for one CRD file.
 */
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { generateBuiltIns, generateExternal } from "./generate.ts"
import { staleFiles, writeFiles } from "./output-files.ts"
import { SchemaError } from "./problem.ts"

const usage =
  "usage: node codegen/main.ts [--check] [--root DIR] | --in CRD.yaml --out DIR [--import miren/schemas]"

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean", default: false },
      root: { type: "string", default: resolve(import.meta.dirname, "..") },
      in: { type: "string" },
      out: { type: "string" },
      import: { type: "string", default: "miren/schemas" },
    },
  })
  const { in: input, out } = values
  if ((input === undefined) !== (out === undefined)) {
    console.error(`--in and --out go together\n${usage}`)
    return 1
  }
  const root = out ?? values.root
  const outputs =
    input === undefined ? await generateBuiltIns(root) : await generateExternal(input, values.import)
  if (!values.check) {
    for (const path of writeFiles(root, outputs)) console.log(path)
    return 0
  }
  const stale = staleFiles(root, outputs)
  for (const { path, why } of stale) console.error(`${path}: ${why}; run \`npm run codegen\``)
  return stale.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof SchemaError || error instanceof TypeError ? error.message : error)
  process.exitCode = 1
}
