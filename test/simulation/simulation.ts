/** Programs and their scenario together, whatever environment they share. Each file in `scenarios/` exports one as `main`. */
import {
  type Program,
  type Report,
  type Scenario,
  type SimulateOptions,
  simulatePromise,
  type TraceEntry,
  traceRun,
} from "../../simulation/index.ts"

export interface Simulation {
  readonly name: string
  readonly simulate: (options: SimulateOptions) => Promise<Report>
  readonly trace: (options: {
    readonly seed: number
    readonly keep?: ReadonlyArray<string>
  }) => Promise<ReadonlyArray<TraceEntry>>
}

export const simulation = <Env>(
  programs: ReadonlyArray<Program<Env>>,
  scenario: Scenario<Env>,
): Simulation => ({
  name: scenario.name,
  simulate: (options) => simulatePromise(programs, scenario, options),
  trace: (options) => traceRun(programs, scenario, options),
})
