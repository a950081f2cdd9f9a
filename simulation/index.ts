/** Controllers in a world where everything goes wrong, from a seed. Exported as `miren/reconciler/simulation`. */
export { chanceFrom, seeded } from "./chance.ts"
export type { Coverage, Failure, Report, TraceEntry } from "./report.ts"
export type { Chance, FaultPlan, Invariant, Observed, Program, Scenario } from "./scenario.ts"
export { makeWorld, startProcess, type World, type WorldOptions } from "./world.ts"
