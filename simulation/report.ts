/** What a simulation found. Start with {@link Report}. */

/** One thing that happened, in virtual time. `detail` is one line for people. */
export interface TraceEntry {
  readonly atMs: number
  readonly kind: "user" | "reconcile" | "read" | "write" | "fault" | "start" | "kill" | "violation" | "mishap"
  /** The program, `user`, or `server`. */
  readonly actor: string
  readonly detail: string
}

/** A run that broke an invariant, or a standard one: `converges`, `idempotent`, `no orphan`, `no flapping`, `no defect`. */
export interface Failure {
  readonly seed: number
  readonly invariant: string
  readonly message: string
  /** The shortest run found that still breaks it: faults taken away one by one. Replays with the same seed and `keep`. */
  readonly trace: ReadonlyArray<TraceEntry>
  /** The faults (by number of occasion) that it takes. */
  readonly keep: ReadonlyArray<number>
}

/** Of the points between two writes at which a program could be killed: how many there were, and at how many it was. */
export interface Coverage {
  readonly points: number
  readonly struck: number
  /** How often each kind of fault was injected. */
  readonly faults: { readonly [fault: string]: number }
}

export interface Report {
  readonly scenario: string
  readonly runs: number
  readonly failures: ReadonlyArray<Failure>
  readonly coverage: Coverage
}
