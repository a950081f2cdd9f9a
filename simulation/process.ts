/** A program that runs, is killed, and is started again with nothing in memory. Start with {@link SimulatedProcess}. */
import { Cause, Context, Effect, Exit, Layer, Scope } from "effect"
import { Client, Discovery, makeClient, makeDiscovery, type Transport } from "../client/index.ts"
import { Informers } from "../reconciler/index.ts"
import { chanceFrom, seeded, seedFor } from "./chance.ts"
import { type AnsweredWrite, connect } from "./connection.ts"
import type { CrashPoints } from "./crash-points.ts"
import { environmentFor } from "./environment.ts"
import type { Journal } from "./journal.ts"
import { Life } from "./life.ts"
import { leaseMs, mishapEveryMs, restartMs, stopGraceMs } from "./limits.ts"
import type { Occasions } from "./occasions.ts"
import type { Reconciled } from "./reconcile-span.ts"
import type { Actions, Program } from "./scenario.ts"
import type { VirtualTime } from "./virtual-time.ts"

/** What all processes of a run share. */
export interface Stage<Env> {
  readonly time: VirtualTime
  readonly seed: number
  readonly transport: Transport
  readonly environment: { readonly life: Life; readonly context: Context.Context<Env> }
  readonly actions: ReadonlyArray<Actions>
  readonly occasions: Occasions
  readonly points: CrashPoints
  readonly journal: Journal
  readonly onReconcile: (actor: string, reconciled: Reconciled) => void
  readonly onKill: (actor: string) => void
  /** A program that ends by itself, with a defect. */
  readonly onDefect: (actor: string, message: string) => void
}

export class SimulatedProcess<Env> {
  readonly actor: string
  readonly #stage: Stage<Env>
  readonly #program: Program<Env>
  /** Those of the platform are spared. */
  readonly isUnderTest: boolean
  #lives = 0
  #hasEnded = false
  #life: Life | undefined
  /** Of the program that runs. */
  #scope: Scope.Closeable | undefined

  constructor(
    stage: Stage<Env>,
    program: Program<Env>,
    options: { readonly actor: string; readonly isUnderTest: boolean },
  ) {
    this.actor = options.actor
    this.#stage = stage
    this.#program = program
    this.isUnderTest = options.isUnderTest
    if (this.isUnderTest) this.#killNowAndThen()
  }

  get isUp(): boolean {
    return this.#life?.isAlive === true
  }

  start(): void {
    const { time, journal, occasions, seed } = this.#stage
    const { actor } = this
    const lifeSeed = seedFor(seed, `${actor}/life/${++this.#lives}`)
    const skew = this.isUnderTest ? occasions.strikes("clockSkew", actor) : undefined
    const life = new Life({
      time,
      actor,
      seed: lifeSeed,
      skewMs: skew === undefined ? 0 : skew.chance.below(leaseMs) - leaseMs / 2,
      onReconcile: (reconciled) => {
        if (!life.isAlive) return
        if (this.isUnderTest) journal.reconciled(actor, reconciled)
        this.#stage.onReconcile(actor, reconciled)
      },
    })
    this.#life = life
    journal.note("start", actor, this.#lives === 1 ? "starts" : "starts again, with nothing in memory")
    life.atDeath((why) => this.#died(lifeSeed, why))
    const fiber = Effect.runForkWith(this.#services(life))(this.#main())
    fiber.addObserver((exit) => {
      if (Exit.isFailure(exit) && life.isAlive) this.#ended(life, exit.cause)
    })
  }

  /** At once: nothing that it holds in memory is written any more. */
  kill(why: string): void {
    this.#life?.kill(why)
  }

  /** Killed and started at once. */
  restart(): void {
    this.kill("stopped")
    this.start()
  }

  /** For good. */
  end(): void {
    this.#hasEnded = true
    this.kill("the run is over")
  }

  #main(): Effect.Effect<unknown, unknown, Env | Client | Discovery> {
    const { run } = this.#program
    const scope = Scope.makeUnsafe()
    this.#scope = scope
    return Effect.gen(function* () {
      const informers = yield* Scope.provide(Layer.build(Informers.layer()), scope)
      yield* run.pipe(Effect.provideContext(informers), Scope.provide(scope)) as Effect.Effect<
        unknown,
        unknown,
        Env | Client | Discovery
      >
    })
  }

  #services(life: Life): Context.Context<Env | Client | Discovery> {
    const { transport: through, occasions, points, environment, actions, journal } = this.#stage
    const faults = { occasions, points }
    const transport = connect({
      life,
      through,
      ...(this.isUnderTest ? { faults } : {}),
      onWrite: (write: AnsweredWrite) => journal.wrote(write),
    })
    const offered = this.isUnderTest
      ? environmentFor({ environment: environment.life, program: life, faults, actions }, environment.context)
      : environment.context
    return Context.make(Client, makeClient(transport, { userAgent: this.#program.name })).pipe(
      Context.add(Discovery, makeDiscovery(transport)),
      Context.merge(offered),
      Context.merge(life.services),
    )
  }

  /** A program that ends by itself is started again, as by any supervisor. */
  #ended(life: Life, cause: Cause.Cause<unknown>): void {
    const error = Cause.squash(cause)
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    if (Cause.hasDies(cause)) this.#stage.onDefect(this.actor, message)
    life.kill(`ends by itself: ${message}`)
  }

  #died(lifeSeed: number, why: string): void {
    const { time, journal, onKill } = this.#stage
    if (this.#hasEnded) return
    journal.note("kill", this.actor, why)
    onKill(this.actor)
    const delay = chanceFrom(seeded(seedFor(lifeSeed, "restart")))
    time.after(delay.strikes(0.5) ? delay.below(500) : delay.below(restartMs), () => {
      if (!this.isUp && !this.#hasEnded) this.start()
    })
  }

  /** Not only at its writes: a program is killed while it waits, too, or told to stop. */
  #killNowAndThen(): void {
    const { time, occasions } = this.#stage
    time.after(mishapEveryMs, () => {
      if (this.isUp && occasions.strikes("crash", `${this.actor} waiting`)) this.kill("killed")
      if (this.isUp && occasions.strikes("stop", this.actor)) this.#stop()
      this.#killNowAndThen()
    })
  }

  /** As by SIGTERM. */
  #stop(): void {
    const life = this.#life
    if (life === undefined || this.#scope === undefined) return
    const closing = Effect.runForkWith(life.services)(Scope.close(this.#scope, Exit.void))
    closing.addObserver(() => life.kill("has stopped"))
    this.#stage.time.after(stopGraceMs, () => life.kill("killed: it does not stop"))
  }
}
