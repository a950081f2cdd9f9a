/** Controllers in a world where everything goes wrong, from a seed. Exported as `miren/reconciler/simulation`. */
export type { Coverage, Failure, Report, TraceEntry } from "./report.ts"
export type { Chance, FaultPlan, Invariant, Observed, Program, Scenario } from "./scenario.ts"
