/**
 * One run from one seed: users act while everything goes wrong; then comes the calm, and all must come to rest and be right; then
 * every program is started again, and must find nothing to do. Start with {@link runOnce}.
 */
import { Cause, Context, Duration, Effect, Exit, Layer, Scope } from "effect"
import { Client, makeClient } from "../client/index.ts"
import { makeMemoryStore } from "../store/index.ts"
import { breathe } from "./ambient.ts"
import { chanceFrom, seeded, seedFor } from "./chance.ts"
import { connect } from "./connection.ts"
import { CrashPoints } from "./crash-points.ts"
import { Journal } from "./journal.ts"
import { Life } from "./life.ts"
import { aftermathMs, lookEveryMs, mishapEveryMs, quietMs, settleMs, startMs, usersMsMax } from "./limits.ts"
import { Occasions } from "./occasions.ts"
import { platform } from "./platform.ts"
import { SimulatedProcess, type Stage } from "./process.ts"
import type { Coverage, TraceEntry } from "./report.ts"
import type { Act, FaultPlan, Invariant, Observed, Program, Scenario } from "./scenario.ts"
import { Settling } from "./settling.ts"
import { atRest, type Violation } from "./standard-invariants.ts"
import { Truth } from "./truth.ts"
import { NoRest, VirtualTime } from "./virtual-time.ts"
import { makeWorld, type World } from "./world.ts"

export interface RunOptions<Env> {
  readonly programs: ReadonlyArray<Program<Env>>
  readonly scenario: Scenario<Env>
  readonly plan: FaultPlan
  readonly seed: number
  /** Just these faults strike. */
  readonly keep?: ReadonlyArray<string>
  /** Writes down what happens. */
  readonly isTraced?: boolean
}

export interface RunResult {
  readonly violation: Violation | undefined
  /** Occasions that struck, in order. */
  readonly struck: ReadonlyArray<string>
  /** Crashes that could have struck. */
  readonly crashes: ReadonlyArray<string>
  readonly coverage: Coverage
  readonly trace: ReadonlyArray<TraceEntry>
}

/** A fault of the scenario itself, or of the simulation: nothing that controllers could be blamed for. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError"
}

/** The same options give the same result, whatever the machine does meanwhile. */
export const runOnce = async <Env>(options: RunOptions<Env>): Promise<RunResult> => {
  await breathe()
  return new Run(options).run()
}

class Run<Env> {
  readonly #options: RunOptions<Env>
  readonly #time = new VirtualTime(startMs)
  readonly #journal: Journal
  readonly #occasions: Occasions
  readonly #points = new CrashPoints(() => this.#isStormy)
  readonly #settling: Settling
  readonly #store = makeMemoryStore({
    timer: { now: () => this.#time.nowMs, after: (ms, run) => this.#time.after(ms, run) },
  })
  readonly #truth = new Truth(this.#store)
  readonly #outside: Life
  readonly #processes: Array<SimulatedProcess<Env>> = []
  #context: Context.Context<Env> = Context.empty() as Context.Context<Env>
  #isStormy = false
  #violation: Violation | undefined

  constructor(options: RunOptions<Env>) {
    this.#options = options
    const { seed, plan, keep, isTraced = false } = options
    this.#journal = new Journal(this.#time, isTraced)
    this.#occasions = new Occasions({
      seed,
      plan,
      ...(keep === undefined ? {} : { keep }),
      isStormy: () => this.#isStormy,
      onStruck: (struck) => this.#journal.struck(struck),
    })
    this.#settling = new Settling(this.#time, this.#violated)
    this.#outside = new Life({ time: this.#time, actor: "environment", seed: seedFor(seed, "environment") })
  }

  async run(): Promise<RunResult> {
    try {
      await this.#live()
    } catch (error) {
      if (!(error instanceof NoRest)) throw error
      this.#violated({ invariant: "converges", message: error.message })
    }
    for (const process of this.#processes) process.end()
    this.#outside.kill("the run is over")
    return {
      violation: this.#violation,
      struck: this.#occasions.struck,
      crashes: this.#occasions.crashes,
      coverage: {
        points: this.#points.coverage(),
        faults: Object.fromEntries(this.#occasions.byFault),
      },
      trace: this.#journal.entries,
    }
  }

  async #live(): Promise<void> {
    const { scenario } = this.#options
    const world = await this.#open()
    this.#truth.onCommit((commits) => {
      for (const commit of commits) this.#settling.committed(commit)
      this.#lookAlways(scenario.invariants)
    })
    this.#isStormy = true
    for (const process of this.#processes) process.start()
    this.#mishap()
    await this.#act(world, { users: scenario.users, invariants: scenario.invariants })
    for (const [index, act] of (scenario.afterwards ?? []).entries()) {
      if (this.#violation !== undefined) return
      this.#journal.note("calm", "users", `act ${index + 2}`)
      await this.#act(world, act)
    }
    if (this.#violation === undefined) await this.#startAllAgain()
  }

  /** The world, what is outside of it, and the processes: made, not started. */
  async #open(): Promise<World> {
    const { scenario, seed, programs } = this.#options
    const world = await this.#finish(
      this.#outside,
      Effect.gen({ self: this }, function* () {
        const scope = yield* Scope.make()
        const made = yield* Scope.provide(
          makeWorld({ seed: seedFor(seed, "server"), store: this.#store }),
          scope,
        )
        for (const definition of scenario.definitions ?? []) yield* made.define(definition)
        if (scenario.environment !== undefined) {
          this.#context = yield* Scope.provide(Layer.build(Layer.fresh(scenario.environment)), scope)
        }
        return made
      }),
    )
    const stage: Stage<Env> = {
      time: this.#time,
      seed,
      transport: world.transport(),
      environment: { life: this.#outside, context: this.#context },
      actions: scenario.actions ?? [],
      occasions: this.#occasions,
      points: this.#points,
      journal: this.#journal,
      onReconcile: (actor, reconciled) => {
        this.#settling.reconciled(actor, reconciled)
      },
      onKill: (actor) => this.#settling.killed(actor),
      onDefect: (actor, message) =>
        this.#violated({ invariant: "no defect", message: `${actor} ended by itself: ${message}` }),
    }
    if (scenario.platform !== false) {
      this.#processes.push(
        new SimulatedProcess(stage, platform, { actor: platform.name, isUnderTest: false }),
      )
    }
    for (const program of programs) {
      const replicas = program.replicas ?? 1
      for (let replica = 1; replica <= replicas; replica++) {
        const actor = replicas === 1 ? program.name : `${program.name}-${replica}`
        this.#processes.push(new SimulatedProcess(stage, program, { actor, isUnderTest: true }))
      }
    }
    return world
  }

  readonly #violated = (violation: Violation): void => {
    if (this.#violation !== undefined) return
    if (this.#options.scenario.waive?.some((waived) => waived === violation.invariant) === true) return
    this.#violation = violation
    this.#journal.note("violation", "invariants", `${violation.invariant}: ${violation.message}`)
  }

  readonly #isOver = (): boolean => this.#violation !== undefined

  /** Users act, faults go on for a little while, then there is calm until all is right, or time is up. */
  async #act(world: World, act: Act<Env>): Promise<void> {
    const { seed, scenario } = this.#options
    this.#settling.storm()
    const users = new Life({ time: this.#time, actor: "users", seed: seedFor(seed, "users") })
    const through = connect({
      life: users,
      through: world.transport(),
      onWrite: (write) => this.#journal.wrote(write),
    })
    const context = Context.merge(
      this.#context,
      Context.make(Client, makeClient(through, { userAgent: "user" })),
    )
    const script = Effect.provideContext(act.users(users.chance), context)
    await this.#finish(users, Effect.ignore(script), usersMsMax)
    if (this.#violation === undefined && this.#isStormy) {
      const aftermath = chanceFrom(seeded(seedFor(seed, "aftermath"))).below(aftermathMs)
      await this.#time.runUntil(this.#isOver, this.#time.nowMs + aftermath)
      this.#isStormy = false
    }
    if (this.#violation !== undefined) return
    this.#heal()
    this.#journal.note("calm", "users", "have ended, and so have faults")
    this.#settling.calm()
    await this.#settle(
      act.invariants ?? [],
      Duration.toMillis(Duration.fromInputUnsafe(scenario.settle ?? settleMs)),
    )
  }

  async #settle(invariants: ReadonlyArray<Invariant<Env>>, patienceMs: number): Promise<void> {
    const deadlineMs = this.#time.nowMs + patienceMs
    let isRight = false
    let nextLookMs = 0
    const look = () => {
      if (this.#violation !== undefined) return true
      const { nowMs } = this.#time
      if (nowMs < nextLookMs || !this.#isAtRest()) return false
      nextLookMs = nowMs + lookEveryMs
      isRight = this.#wrong(invariants) === undefined
      return isRight
    }
    const tick = () => {
      if (this.#time.nowMs < deadlineMs) this.#time.after(lookEveryMs, tick)
    }
    tick()
    await this.#time.runUntil(look, deadlineMs)
    if (isRight || this.#violation !== undefined) return
    if (!this.#isAtRest()) this.#violated({ invariant: "converges", message: this.#restlessness() })
    const wrong = this.#wrong(invariants)
    if (wrong !== undefined) this.#violated(wrong)
  }

  #isAtRest(): boolean {
    return this.#settling.isAtRest && this.#processes.every((process) => process.isUp)
  }

  #restlessness(): string {
    const down = this.#processes
      .filter((process) => !process.isUp)
      .map(({ actor }) => `${actor} does not stay up`)
    return [...down, this.#settling.restlessness].filter((text) => text !== "").join("; ")
  }

  /** What is not as it must be at rest. */
  #wrong(invariants: ReadonlyArray<Invariant<Env>>): Violation | undefined {
    const observed = this.#observed()
    for (const { name, eventually } of invariants) {
      const message = eventually?.(observed)
      if (message !== undefined) return { invariant: name, message }
    }
    const objects = this.#truth.all()
    for (const [invariant, check] of atRest) {
      if (this.#options.scenario.waive?.includes(invariant) === true) continue
      const message = check(objects)
      if (message !== undefined) return { invariant, message }
    }
    return undefined
  }

  #observed(): Observed<Env> {
    return { nowMs: this.#time.nowMs, list: this.#truth.list, environment: this.#context }
  }

  #lookAlways(invariants: ReadonlyArray<Invariant<Env>>): void {
    if (this.#violation !== undefined) return
    for (const { name, always } of invariants) {
      if (always === undefined) continue
      const message = always(this.#observed())
      if (message !== undefined) this.#violated({ invariant: name, message })
    }
  }

  /** Every program anew: whoever finds something to do now has left it undone, or does it each time. */
  async #startAllAgain(): Promise<void> {
    if (this.#options.scenario.waive?.includes("idempotent") === true) return
    this.#journal.note("calm", "users", "every program is started again")
    const before = this.#settling.changes
    for (const process of this.#processes) if (process.isUnderTest) process.restart()
    await this.#time.runUntil(this.#isOver, this.#time.nowMs + quietMs)
    if (this.#settling.changes === before) return
    this.#violated({
      invariant: "idempotent",
      message: `all was at rest; started again, the programs have changed ${this.#settling.lastChange}`,
    })
  }

  #mishap(): void {
    const { mishaps } = this.#options.scenario
    if (mishaps === undefined) return
    this.#time.after(mishapEveryMs, () => {
      const struck = this.#occasions.strikes("mishap", "environment")
      if (struck !== undefined) this.#outsideOf(mishaps(struck.chance))
      this.#mishap()
    })
  }

  #heal(): void {
    const { heal } = this.#options.scenario
    if (heal !== undefined) this.#outsideOf(heal)
  }

  #outsideOf(effect: Effect.Effect<void, never, Env>): void {
    Effect.runForkWith(Context.merge(this.#context, this.#outside.services))(effect)
  }

  /** Runs to its end in virtual time. */
  async #finish<A>(life: Life, effect: Effect.Effect<A>, patienceMs = usersMsMax): Promise<A> {
    const fiber = Effect.runForkWith(life.services)(effect)
    await this.#time.runUntil(
      () => fiber.pollUnsafe() !== undefined || this.#violation !== undefined,
      this.#time.nowMs + patienceMs,
    )
    const exit = fiber.pollUnsafe()
    if (exit === undefined) {
      if (this.#violation !== undefined) return undefined as A
      throw new ScenarioError(`what ${life.actor} do does not end`)
    }
    if (Exit.isSuccess(exit)) return exit.value
    throw new ScenarioError(`what ${life.actor} do fails: ${Cause.pretty(exit.cause)}`)
  }
}
