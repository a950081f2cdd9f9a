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

/** Where a program could have been killed, and where it was. */
export interface CrashPoint {
  /** Times that some program came by. */
  readonly seen: number
  /** Times that it was killed there, before or after the write. */
  readonly struck: number
}

export interface Coverage {
  /** By name: `runner: sandbox write 2, patch sandboxes.compute.miren.dev`. */
  readonly points: { readonly [point: string]: CrashPoint }
  /** How often each kind of fault was injected. */
  readonly faults: { readonly [fault: string]: number }
}

export interface Report {
  readonly scenario: string
  readonly runs: number
  /** In the order of their seeds. */
  readonly failures: ReadonlyArray<Failure>
  readonly coverage: Coverage
}

const sums = (
  parts: ReadonlyArray<{ readonly [name: string]: number }>,
): { readonly [name: string]: number } => {
  const sum: { [name: string]: number } = {}
  for (const part of parts)
    for (const [name, times] of Object.entries(part)) sum[name] = (sum[name] ?? 0) + times
  return sum
}

export const mergeCoverage = (parts: ReadonlyArray<Coverage>): Coverage => {
  const points: { [point: string]: CrashPoint } = {}
  for (const part of parts) {
    for (const [point, { seen, struck }] of Object.entries(part.points)) {
      const known = points[point] ?? { seen: 0, struck: 0 }
      points[point] = { seen: known.seen + seen, struck: known.struck + struck }
    }
  }
  return { points, faults: sums(parts.map(({ faults }) => faults)) }
}

/** One report of the runs of several: seeds shared out among workers. */
export const mergeReports = (scenario: string, parts: ReadonlyArray<Report>): Report => ({
  scenario,
  runs: parts.reduce((sum, { runs }) => sum + runs, 0),
  failures: parts.flatMap(({ failures }) => failures).toSorted((a, b) => a.seed - b.seed),
  coverage: mergeCoverage(parts.map(({ coverage }) => coverage)),
})
