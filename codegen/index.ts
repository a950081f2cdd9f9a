export { generateExternal } from "./external.ts"
export { generateBuiltIns, type Outputs } from "./generate.ts"
export { type StaleFile, staleFiles, writeFiles } from "./output-files.ts"
export { SchemaError, type SchemaProblem } from "./problem.ts"
