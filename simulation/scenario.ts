/**
 * What a simulated run is made of: the world outside, the programs under test, what users do, and what must be true.
 * Start with {@link Scenario}; run it with `simulate`.
 *
 * A run is one process: the real API server over the memory store, virtual time, chance from one seed. The same seed gives
 * the same run, byte for byte, whatever the machine does meanwhile.
 */
import type { Context, Duration, Effect, Layer, Scope } from "effect"
import type { Client } from "../client/index.ts"
import type { Informers } from "../reconciler/index.ts"
import type { CustomResourceDefinition, Kind, KubeObject } from "../schemas/index.ts"

/** Chance from the run's seed: the only source of it that a scenario may use. */
export interface Chance {
  /** An integer in [0, limit). */
  readonly below: (limit: number) => number
  readonly of: <A>(choices: readonly [A, ...ReadonlyArray<A>]) => A
  /** True with this probability, in [0, 1]. */
  readonly strikes: (probability: number) => boolean
}

/** A program under test. It is started, killed between any two of its writes, and started again with nothing in memory. */
export interface Program<R = never> {
  readonly name: string
  /** Runs while its Scope is open; a kill ends it without running its finalizers' writes. */
  readonly run: Effect.Effect<unknown, unknown, R | Client | Informers | Scope.Scope>
  /** Programs of this name that run at once, as replicas do. Default 1. */
  readonly replicas?: number
}

/** What may go wrong, each as a probability per occasion, in [0, 1]; absent: 0. The defaults of `simulate` have all of them. */
export interface FaultPlan {
  /** Before or after any write that a program makes, the program is killed. */
  readonly crash?: number
  /** A write is refused with 409 Conflict although nobody else wrote. */
  readonly conflict?: number
  /** A write takes effect, and its answer is lost. */
  readonly lostAnswer?: number
  /** A request fails before it reaches the server: 500, 429 with Retry-After, connection refused. */
  readonly refusal?: number
  /** A watch event is delivered again. */
  readonly duplicate?: number
  /** A watch event waits: everything of that watch behind it waits as well. */
  readonly delay?: number
  /** A program reads from an informer that is held back for a while. */
  readonly staleCache?: number
  /** A watch ends, in the middle of a line or between two. */
  readonly droppedWatch?: number
  /** History is compacted, so that a resumed watch gets 410. */
  readonly compaction?: number
  /** A program's clock runs ahead or behind by up to this share of a Lease's duration. */
  readonly clockSkew?: number
  /** The scenario's own faults (`Scenario.mishaps`): a runtime that fails, a cloud that answers no. */
  readonly mishap?: number
}

/** The state of the run as invariants see it: the server's truth, never a cache. */
export interface Observed<Env = never> {
  readonly nowMs: number
  readonly list: <T extends KubeObject>(kind: Kind<T>) => ReadonlyArray<T>
  readonly environment: Context.Context<Env>
}

/** A sentence that must hold, and how it is checked. Returns what is wrong, in words; undefined when it holds. */
export interface Invariant<Env = never> {
  readonly name: string
  /** Checked after every write. */
  readonly always?: (state: Observed<Env>) => string | undefined
  /** Checked when users and faults have ended and everything has come to rest. */
  readonly eventually?: (state: Observed<Env>) => string | undefined
}

export interface Scenario<Env = never> {
  readonly name: string
  /** Custom kinds served besides the built-in ones. */
  readonly definitions?: ReadonlyArray<CustomResourceDefinition>
  /** What is outside of the API: a cloud, a machine of the fake runtime. Fresh for each run; it outlives the programs. */
  readonly environment?: Layer.Layer<Env>
  /** What users do, in virtual time. A refusal by the server is an answer, not a failure of the run. */
  readonly users: (chance: Chance) => Effect.Effect<void, unknown, Client | Env>
  /** Strikes the environment once, somehow. */
  readonly mishaps?: (chance: Chance) => Effect.Effect<void, never, Env>
  readonly invariants: ReadonlyArray<Invariant<Env>>
  readonly faults?: FaultPlan
  /** Virtual time after the last action and fault within which all must come to rest. Default 10 minutes. */
  readonly settle?: Duration.Input
  /** Namespace deletion and garbage collection run as well. Default true. */
  readonly platform?: boolean
}
