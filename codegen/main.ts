/**
 * `npm run codegen`: writes everything generated from `schemas/`, the types of the examples' kinds, and the reference of the doors.
 * `--check` writes nothing and fails when something is stale. Kinds of others: `miren codegen`.
 */
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { generateApiReference } from "./api-reference.ts"
import { examplesMade, generateExamples } from "./examples.ts"
import { generateBuiltIns } from "./generate.ts"
import { staleFiles, writeFiles } from "./output-files.ts"
import { SchemaError } from "./problem.ts"

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean", default: false },
      root: { type: "string", default: resolve(import.meta.dirname, "..") },
    },
  })
  const { root } = values
  const outputs = await generateBuiltIns(root)
  const examples = await generateExamples(root)
  const reference = generateApiReference(root)
  if (!values.check) {
    const written = [
      writeFiles(root, outputs),
      writeFiles(root, examples, examplesMade),
      writeFiles(root, reference),
    ]
    for (const path of written.flat()) console.log(path)
    return 0
  }
  const stale = [
    ...staleFiles(root, outputs),
    ...staleFiles(root, examples, examplesMade),
    ...staleFiles(root, reference),
  ]
  for (const { path, why } of stale) console.error(`${path}: ${why}; run \`npm run codegen\``)
  return stale.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof SchemaError || error instanceof TypeError ? error.message : error)
  process.exitCode = 1
}
