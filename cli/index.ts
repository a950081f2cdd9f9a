export { commands } from "./command-table.ts"
export type { Cluster, Program } from "./program.ts"
export { runWords } from "./run.ts"
