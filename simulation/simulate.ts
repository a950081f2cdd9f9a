/**
 * Controllers against a scenario, many times over. Start with {@link simulate}.
 *
 * Flow: for each seed one run. A run that breaks an invariant is run again with ever fewer faults, and once more to write down what
 * happens; that trace is what is reported.
 */
import { Effect } from "effect"
import { minimiseRunsMax } from "./limits.ts"
import { fewestFaults } from "./minimise.ts"
import { programsOf, type UnderTest } from "./programs.ts"
import { type Coverage, type Failure, mergeCoverage, type Report, type TraceEntry } from "./report.ts"
import { type RunOptions, type RunResult, runOnce } from "./run.ts"
import type { FaultPlan, Scenario } from "./scenario.ts"

export interface SimulateOptions {
  /** How many seeds, counted from `from`; or just these. Default 100. */
  readonly seeds?: number | ReadonlyArray<number>
  /** Default 1. */
  readonly from?: number
  /** Just these faults strike: replays a failure with its seed and its `keep`. */
  readonly keep?: ReadonlyArray<string>
  /**
   * Instead of faults by chance: each seed without any fault, and then once for each moment at which a program could be killed, on
   * either side of the write. Some two hundred runs a seed.
   */
  readonly everyCrash?: boolean
  /** Stops after so many seeds that failed. Default 1. */
  readonly failuresMax?: number
  /** Whether a failing run is run again with fewer faults, up to some 100 times. Default true. */
  readonly minimise?: boolean
}

/** What may go wrong unless the scenario says otherwise. */
export const defaultFaults: Required<FaultPlan> = {
  crash: 0.03,
  stop: 0.03,
  conflict: 0.03,
  lostAnswer: 0.02,
  refusal: 0.02,
  duplicate: 0.05,
  delay: 0.05,
  staleCache: 0.1,
  droppedWatch: 0.03,
  compaction: 0.1,
  clockSkew: 0.2,
  mishap: 0.2,
}

const seedsOf = ({ seeds = 100, from = 1 }: SimulateOptions): ReadonlyArray<number> =>
  typeof seeds === "number" ? Array.from({ length: seeds }, (_, index) => from + index) : seeds

const failureOf = async <Env>(
  options: RunOptions<Env>,
  result: RunResult,
  isMinimised: boolean,
): Promise<Failure | undefined> => {
  const { violation, struck } = result
  if (violation === undefined) return undefined
  const stillFails = async (keep: ReadonlyArray<string>) =>
    (await runOnce({ ...options, keep })).violation?.invariant === violation.invariant
  const keep = isMinimised ? await fewestFaults(struck, stillFails, minimiseRunsMax) : struck
  const last = await runOnce({ ...options, keep, isTraced: true })
  return {
    seed: options.seed,
    invariant: violation.invariant,
    message: last.violation?.message ?? violation.message,
    keep,
    faultsBefore: struck.length,
    trace: last.trace,
  }
}

/** The runs of one seed: one, or one for each crash. */
async function* runsOf<Env>(
  run: RunOptions<Env>,
  isEveryCrash: boolean,
): AsyncGenerator<readonly [RunOptions<Env>, RunResult]> {
  if (!isEveryCrash) {
    yield [run, await runOnce(run)]
    return
  }
  const calm = { ...run, keep: [] }
  const result = await runOnce(calm)
  yield [calm, result]
  for (const crash of result.crashes) {
    for (const side of ["before", "after"]) {
      const one = { ...run, keep: [`${crash}/${side}`] }
      yield [one, await runOnce(one)]
    }
  }
}

const simulateAll = async <Env>(
  under: ReadonlyArray<UnderTest<Env>>,
  scenario: Scenario<Env>,
  options: SimulateOptions,
): Promise<Report> => {
  const programs = programsOf(under)
  const plan = { ...defaultFaults, ...scenario.faults }
  const { keep, everyCrash = false, failuresMax = 1, minimise = true } = options
  const coverages: Array<Coverage> = []
  const failures: Array<Failure> = []
  for (const seed of seedsOf(options)) {
    const seedRun: RunOptions<Env> = {
      programs,
      scenario,
      plan,
      seed,
      ...(keep === undefined ? {} : { keep }),
    }
    for await (const [run, result] of runsOf(seedRun, everyCrash)) {
      coverages.push(result.coverage)
      const failure = await failureOf(run, result, minimise && run.keep === undefined)
      if (failure === undefined) continue
      failures.push(failure)
      break
    }
    if (failures.length >= failuresMax) break
  }
  return { scenario: scenario.name, runs: coverages.length, failures, coverage: mergeCoverage(coverages) }
}

/**
 * Runs the controllers (as one program) or programs through the scenario, once a seed, while everything goes wrong, and reports what
 * broke. Guarantees: the same arguments give the same report.
 *
 * Dies with ScenarioError where the scenario itself is at fault: its users throw, or never end.
 */
export const simulate = <Env = never>(
  controllers: ReadonlyArray<UnderTest<Env>>,
  scenario: Scenario<Env>,
  options: SimulateOptions = {},
): Effect.Effect<Report> => Effect.promise(() => simulateAll(controllers, scenario, options))

/** What happens in one run, whether it breaks anything or not. */
export const traceRun = async <Env = never>(
  controllers: ReadonlyArray<UnderTest<Env>>,
  scenario: Scenario<Env>,
  options: { readonly seed: number; readonly keep?: ReadonlyArray<string> },
): Promise<ReadonlyArray<TraceEntry>> => {
  const plan = { ...defaultFaults, ...scenario.faults }
  const { trace } = await runOnce({
    programs: programsOf(controllers),
    scenario,
    plan,
    ...options,
    isTraced: true,
  })
  return trace
}

/**
 * The same as a promise.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Controller, Result } from "miren/reconciler"
 * import { simulatePromise } from "miren/reconciler/simulation"
 * import { ConfigMap } from "miren/schemas"
 *
 * const idle = Controller.make({
 *   name: "idle",
 *   for: ConfigMap,
 *   reconcile: () => Effect.succeed(Result.Done()),
 * })
 * const scenario = { name: "nothing happens", users: () => Effect.void, invariants: [] }
 * const { failures } = await simulatePromise([idle], scenario, { seeds: 2 })
 * if (failures.length > 0) throw new Error("something happened")
 * ```
 */
export const simulatePromise = <Env = never>(
  controllers: ReadonlyArray<UnderTest<Env>>,
  scenario: Scenario<Env>,
  options: SimulateOptions = {},
): Promise<Report> => simulateAll(controllers, scenario, options)
