/** The controllers of Miren's own kinds. What runs in the cluster, and what runs beside each runtime. */
export { SANDBOX_FINALIZER } from "./finalizers.ts"
export { runGarbageCollector } from "./garbage-collector/index.ts"
export { namespaceController } from "./namespace/index.ts"
export { nodeController, type RunnerOptions, runNode } from "./node/index.ts"
export {
  identityOf,
  newestFirst,
  type RuntimeIdentity,
  runSandboxes,
  runtimeLabels,
  type SandboxRunnerOptions,
} from "./sandbox/index.ts"
export { schedulerController } from "./scheduler/index.ts"
