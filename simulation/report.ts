/** What a simulation found. Start with {@link Report}. */

/** One thing that happened, in virtual time. `detail` is one line for people. */
export interface TraceEntry {
  readonly atMs: number
  readonly kind: "write" | "reconcile" | "fault" | "start" | "kill" | "calm" | "violation"
  /** The program, `users`, `environment`. */
  readonly actor: string
  readonly detail: string
}

/** A run that broke an invariant of the scenario's, or a standard one. */
export interface Failure {
  readonly seed: number
  readonly invariant: string
  readonly message: string
  /** The shortest run found that still breaks it. */
  readonly trace: ReadonlyArray<TraceEntry>
  /** The faults that it takes, by occasion: whose, which, and the how manieth: `runner/crash/12`. Replays with the seed. */
  readonly keep: ReadonlyArray<string>
  /** Faults that struck before any was taken away. */
  readonly faultsBefore: number
}

/** Of the points between two writes at which a program could be killed: how many there were, and at how many it was. */
export interface Coverage {
  readonly points: number
  readonly struck: number
  /** Points that were seen and never struck. */
  readonly missed: ReadonlyArray<string>
  /** How often each kind of fault was injected. */
  readonly faults: { readonly [fault: string]: number }
}

export interface Report {
  readonly scenario: string
  readonly runs: number
  readonly failures: ReadonlyArray<Failure>
  readonly coverage: Coverage
}
