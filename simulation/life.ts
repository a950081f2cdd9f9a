/**
 * One life of a program: from its start to its death, with the services that tie its fibers to the run. Start with {@link Life}.
 *
 * A dead life's fibers stop at their next step and are never resumed; nothing is interrupted, so no finalizer runs. That is what
 * `kill -9` does to a process.
 */
import { Clock, Context, Duration, Effect, type Fiber, Random, References, Scheduler, Tracer } from "effect"
import { chanceFrom, seeded, seedFor } from "./chance.ts"
import { ReconcileSpan, type ReconcileWatcher } from "./reconcile-span.ts"
import type { Chance } from "./scenario.ts"
import type { VirtualTime } from "./virtual-time.ts"

export interface LifeOptions {
  readonly time: VirtualTime
  /** Of its chance. */
  readonly seed: number
  /** The program, `users`, `environment`. */
  readonly actor: string
  /** Added to what its clock says. */
  readonly skewMs?: number
  readonly onReconcile?: ReconcileWatcher
}

export class Life {
  readonly actor: string
  readonly time: VirtualTime
  readonly skewMs: number
  readonly chance: Chance
  /** Delays on its connection: drawn apart from its own chance. */
  readonly latency: () => number
  readonly services: Context.Context<never>
  #isAlive = true
  readonly #atDeath = new Set<(why: string) => void>()

  constructor(options: LifeOptions) {
    this.actor = options.actor
    this.time = options.time
    this.skewMs = options.skewMs ?? 0
    const random = seeded(options.seed)
    this.chance = chanceFrom(random)
    this.latency = seeded(seedFor(options.seed, "latency"))
    this.services = servicesOf(this, random, options.onReconcile)
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Called at the moment of death, unless the returned function is called before. */
  atDeath(run: (why: string) => void): () => void {
    this.#atDeath.add(run)
    return () => this.#atDeath.delete(run)
  }

  /** At once, between two steps of its fibers. */
  kill(why: string): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    for (const run of this.#atDeath) run(why)
    this.#atDeath.clear()
  }
}

/** Fibers of the dead stop before their next operation: they yield, and are not taken up again. */
class LifeScheduler extends Scheduler.MixedScheduler {
  readonly #life: Life

  constructor(life: Life) {
    super("async", (run) =>
      life.time.soon(() => {
        if (life.isAlive) run()
      }),
    )
    this.#life = life
  }

  override shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return !this.#life.isAlive || super.shouldYield(fiber)
  }
}

const nanosOf = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n

const clockOf = (life: Life): Clock.Clock => {
  const { time } = life
  const now = () => time.nowMs + life.skewMs
  const elapsed = () => nanosOf(time.nowMs - time.startMs)
  return {
    currentTimeMillisUnsafe: now,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanosUnsafe: () => nanosOf(now()),
    currentTimeNanos: Effect.sync(() => nanosOf(now())),
    monotonicTimeNanosUnsafe: elapsed,
    monotonicTimeNanos: Effect.sync(elapsed),
    sleep: (duration) => {
      const ms = Duration.toMillis(duration)
      if (!Number.isFinite(ms)) return Effect.never
      return Effect.callback<void>((resume) => {
        const cancel = time.after(ms, () => {
          if (life.isAlive) resume(Effect.void)
        })
        return Effect.sync(cancel)
      })
    },
  }
}

const randomOf = (random: () => number): Context.Service.Shape<typeof Random.Random> => ({
  nextDoubleUnsafe: random,
  nextIntUnsafe: () => Math.floor((random() - 0.5) * 2 * Number.MAX_SAFE_INTEGER),
})

const tracerOf = (onReconcile: ReconcileWatcher | undefined): Tracer.Tracer =>
  Tracer.make({ span: (options) => new ReconcileSpan(options, onReconcile) })

const servicesOf = (
  life: Life,
  random: () => number,
  onReconcile: ReconcileWatcher | undefined,
): Context.Context<never> =>
  Context.make(Scheduler.Scheduler, new LifeScheduler(life)).pipe(
    Context.add(Clock.Clock, clockOf(life)),
    Context.add(Random.Random, randomOf(random)),
    Context.add(Tracer.Tracer, tracerOf(onReconcile)),
    Context.add(References.CurrentLoggers, new Set()),
    Context.add(References.MinimumLogLevel, "None" as const),
  )
