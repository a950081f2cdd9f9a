/** A trace as people read it: a time line, one line for each thing that happened. */
import type { Failure, TraceEntry } from "./report.ts"

const clock = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000)
  const seconds = (ms % 60_000) / 1000
  return `${String(minutes).padStart(2, "0")}:${seconds.toFixed(3).padStart(6, "0")}`
}

const marks: { readonly [kind in TraceEntry["kind"]]: string } = {
  write: "      ",
  reconcile: "      ",
  start: "start ",
  kill: "KILL  ",
  fault: "FAULT ",
  calm: "calm  ",
  violation: "WRONG ",
}

export const renderTrace = (trace: ReadonlyArray<TraceEntry>): string => {
  const width = Math.max(0, ...trace.map(({ actor }) => actor.length))
  return trace
    .map(({ atMs, kind, actor, detail }) => `${clock(atMs)}  ${actor.padEnd(width)}  ${marks[kind]}${detail}`)
    .join("\n")
}

/** What broke, how to see it again, and how it came. */
export const renderFailure = ({ seed, invariant, message, keep, faultsBefore, trace }: Failure): string =>
  [
    `seed ${seed} breaks "${invariant}": ${message}`,
    keep.length === 0
      ? "It takes no fault at all."
      : `It takes ${keep.length} of ${faultsBefore} faults: ${keep.join(", ")}`,
    "",
    renderTrace(trace),
  ].join("\n")
