/** Controllers in a world where everything goes wrong, from a seed. Exported as `miren/reconciler/simulation`. */
export { chanceFrom, seeded } from "./chance.ts"
export { platform } from "./platform.ts"
export {
  parseRecording,
  type Recording,
  RecordingError,
  type RecordOptions,
  recordRun,
} from "./recording.ts"
export { type ReplayOptions, type ReplayReport, replayRecording } from "./replay.ts"
export {
  type Coverage,
  type CrashPoint,
  type Failure,
  mergeReports,
  type Report,
  type TraceEntry,
} from "./report.ts"
export { ScenarioError } from "./run.ts"
export type {
  Act,
  Actions,
  Chance,
  FaultPlan,
  Invariant,
  Observed,
  Program,
  ProgramServices,
  Scenario,
  StandardInvariant,
} from "./scenario.ts"
export { defaultFaults, type SimulateOptions, simulate, simulatePromise, traceRun } from "./simulate.ts"
export { renderFailure, renderTrace } from "./trace.ts"
export { makeWorld, startProcess, type World, type WorldOptions } from "./world.ts"
export type { AcceptedWrite, WriteDifference } from "./write-differences.ts"
