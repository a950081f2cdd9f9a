/**
 * What a simulated run is made of: the world outside, the programs under test, what users do, and what must be true.
 * Start with {@link Scenario}; run it with `simulate`.
 *
 * A run is one process: the real API server over the memory store, virtual time, chance from one seed. The same seed gives
 * the same run, byte for byte, whatever the machine does meanwhile.
 */
import type { Context, Duration, Effect, Layer, Scope } from "effect"
import type { Client, Discovery } from "../client/index.ts"
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

/** What a simulated process is given: its own connection, its own caches, and what the environment offers. */
export type ProgramServices<Env = never> = Env | Client | Discovery | Informers

/** A program under test. It is started, killed between any two of its writes, and started again with nothing in memory. */
export interface Program<Env = never> {
  /** In traces, and the field manager of writes that name none. */
  readonly name: string
  /** Runs until its Scope closes, which it never does: a kill stops its fibers where they are, and no finalizer runs. */
  readonly run: Effect.Effect<unknown, unknown, ProgramServices<Env> | Scope.Scope>
  /** Programs of this name that run at once, as replicas do. Default 1. */
  readonly replicas?: number
}

/** What may go wrong, each as a probability per occasion, in [0, 1]; absent: 0. The defaults of `simulate` have all of them. */
export interface FaultPlan {
  /** Before or after any write that a program makes or action that it takes, and now and then in between, it is killed. */
  readonly crash?: number
  /** A program is told to stop: its Scope closes, finalizers run, and where that takes too long it is killed. */
  readonly stop?: number
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
  /** History is compacted: a resumed watch gets 410. */
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

/** Methods of a service of the environment that change it: a program may be killed before and after each call. */
export interface Actions {
  readonly service: { readonly key: string }
  readonly methods: ReadonlyArray<string>
}

/** What must be true of any controllers. A scenario that means to break one of them waives it. */
export type StandardInvariant =
  /** Everything is at rest within `settle`: no key that fails for ever, no hot loop, no object that goes on changing. */
  | "converges"
  /** At rest, starting every program again changes no object. */
  | "idempotent"
  /** At rest, the controller owner of every object exists. */
  | "no orphan"
  /** In the calm no field goes from A to B and back to A. */
  | "no flapping"
  /** No reconcile throws. */
  | "no defect"
  /** At rest, every `observedGeneration` is the object's generation. */
  | "generation observed"
  /** At rest, no object is still being deleted. */
  | "deletion ends"

/** What users do, and what must be true when everything has come to rest after it. */
export interface Act<Env = never> {
  /** In virtual time. A refusal by the server is an answer, not a failure of the run. */
  readonly users: (chance: Chance) => Effect.Effect<unknown, unknown, Client | Env>
  readonly invariants?: ReadonlyArray<Invariant<Env>>
}

export interface Scenario<Env = never> {
  readonly name: string
  /** Custom kinds served besides the built-in ones. */
  readonly definitions?: ReadonlyArray<CustomResourceDefinition>
  /** What is outside of the API: a cloud, a machine of the fake runtime. Fresh for each run; it outlives the programs. */
  readonly environment?: Layer.Layer<Env>
  /** Points at which a program may be killed besides its writes. */
  readonly actions?: ReadonlyArray<Actions>
  readonly users: Act<Env>["users"]
  /** Held in this act and, but for `eventually`, in those that follow. */
  readonly invariants: ReadonlyArray<Invariant<Env>>
  /** What users do when all is at rest: deleting everything, above all. Each has its own calm, and no faults. */
  readonly afterwards?: ReadonlyArray<Act<Env>>
  /** Strikes the environment once, somehow. */
  readonly mishaps?: (chance: Chance) => Effect.Effect<void, never, Env>
  /** Ends what mishaps have left scripted: nothing of the environment fails from then on. */
  readonly heal?: Effect.Effect<void, never, Env>
  /** What may go wrong besides, or instead of, the defaults of `simulate`. */
  readonly faults?: FaultPlan
  readonly waive?: ReadonlyArray<StandardInvariant>
  /** Virtual time after the last action and fault within which all must come to rest. Default 10 minutes. */
  readonly settle?: Duration.Input
  /** Namespace deletion and garbage collection run as well. Default true. */
  readonly platform?: boolean
}
