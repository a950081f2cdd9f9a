/** The controllers of Miren's own kinds. What runs in the cluster, and what runs beside each runtime. */
export { runGarbageCollector } from "./garbage-collector/index.ts"
export { namespaceController } from "./namespace/index.ts"
export { nodeController, type RunnerOptions, runNode } from "./node/index.ts"
export {
  identityOf,
  newestFirst,
  type RuntimeIdentity,
  runSandboxes,
  runtimeLabels,
  SANDBOX_FINALIZER,
  type SandboxRunnerOptions,
} from "./sandbox/index.ts"
export { schedulerController } from "./scheduler/index.ts"
