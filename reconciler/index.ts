export type { FieldProblem, Refusal, Validate } from "./admission.ts"
export { type Applier, makeApplier } from "./apply.ts"
export { type Backoff, type BackoffOptions, exponentialBackoff } from "./backoff.ts"
export { type Cause, causeText, type ObjectVersion, parseCause } from "./cause-of-writes.ts"
export {
  type ConditionState,
  conditionOf,
  isConditionTrue,
  rfc3339,
  setCondition,
  setConditions,
} from "./conditions.ts"
export { Controller, type ControllerOptions, type PromiseControllerOptions } from "./controller.ts"
export { ControllerEvents } from "./controller-events.ts"
export { type Diagnosis, diagnosisText, type Fight, type HotLoop } from "./diagnosis.ts"
export type { Diagnosed } from "./diagnosis-log.ts"
export { Disposition, disposition } from "./disposition.ts"
export type { EndpointOptions, Endpoints } from "./endpoints/index.ts"
export { type EventNote, type EventRecorder, makeEventRecorder } from "./events.ts"
export { alwaysHeld, type Held, projection } from "./field-projection.ts"
export {
  addFinalizer,
  type Finalized,
  type FinalizerStep,
  finalized,
  finalizerStep,
  removeFinalizer,
} from "./finalizer.ts"
export { type Informer, type InformerOptions, makeInformer, staleFor } from "./informer.ts"
export type { ChangeHandler, InformerCounts, InformerState, Selection } from "./informer-core.ts"
export type { InformerTrouble } from "./informer-trouble.ts"
export { Informers, type InformersShape } from "./informers.ts"
export {
  type ElectionStep,
  electionStep,
  type LeaderElectionOptions,
  type Leadership,
  microTime,
  type Observation,
  withLeadership,
} from "./leader-election.ts"
export { Manager, type ManagerHandle, type ManagerOptions } from "./manager.ts"
export { type Mutation, mutate } from "./mutate.ts"
export { byLabel, byOwnerUid, type Change, type IndexFunction, type Lister } from "./object-cache.ts"
export { applyWouldChange, type Ownership, sameJson } from "./owned-fields.ts"
export { controllerOf, controllerReference, isControlledBy, ownerReference } from "./owner.ts"
export { type PromiseClient, promiseClient } from "./promise-client.ts"
export type {
  PromiseLog,
  PromiseReconcile,
  PromiseReconcileContext,
  RequeueAfterMs,
} from "./promise-controller.ts"
export type { RecordedWrite } from "./reconcile-inputs.ts"
export {
  ReconcileLog,
  type ReconcileLogShape,
  type ReconcileOutcome,
  type ReconcileRecord,
} from "./reconcile-log.ts"
export * from "./reconciler.ts"
export { keyOf, keyString, requestOf } from "./request.ts"
export { type ControllerHandle, type RunOptions, runController } from "./run-controller.ts"
export { type RunManagerOptions, runManager } from "./run-manager.ts"
export {
  annotationsChanged,
  anyOf,
  generationChanged,
  labelsChanged,
  owning,
  type Predicate,
  reconciling,
  type Source,
  type SourceOptions,
  watching,
} from "./sources.ts"
export type { Rate } from "./token-bucket.ts"
export { type EntryState, type Priority, type QueuedKey, WorkQueue } from "./work-queue.ts"
