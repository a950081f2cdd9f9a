export { nodeController } from "./lifecycle.ts"
export type { RunnerOptions } from "./registration.ts"
export { runNode } from "./runner.ts"
