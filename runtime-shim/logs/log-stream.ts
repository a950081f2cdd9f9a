/** A sandbox's log, read from its file: the past, and what comes until its task has ended. */
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs"
import { Effect, Stream } from "effect"
import { LOG_CHUNK_BYTES, LOG_POLL_MS } from "../limits.ts"
import { type LogOptions, RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { LineFilter } from "./line-filter.ts"
import { readTimes, timeOf } from "./log-times.ts"

export interface LogSource {
  readonly id: SandboxId
  readonly log: string
  /** True once no more will be written. */
  readonly hasEnded: Effect.Effect<boolean, RuntimeError>
}

const NEWLINE = 10

const readAt = (path: string, from: number): Buffer => {
  let file: number
  try {
    file = openSync(path, "r")
  } catch {
    return Buffer.alloc(0)
  }
  try {
    const length = Math.min(LOG_CHUNK_BYTES, Math.max(0, fstatSync(file).size - from))
    const buffer = Buffer.allocUnsafe(length)
    return buffer.subarray(0, readSync(file, buffer, 0, length, from))
  } finally {
    closeSync(file)
  }
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** Where the last `lines` lines of a file begin; `lacking` says how many more would be wanted from before it. */
const tailStart = (path: string, lines: number): { readonly from: number; readonly lacking: number } => {
  let end = sizeOf(path)
  let lacking = lines
  const isEnd = (offset: number) => offset === sizeOf(path)
  while (end > 0) {
    const from = Math.max(0, end - LOG_CHUNK_BYTES)
    const chunk = readAt(path, from).subarray(0, end - from)
    for (let i = chunk.length - 1; i >= 0; i -= 1) {
      // The line end at the very end closes the last line, it does not begin another.
      if (chunk[i] !== NEWLINE || isEnd(from + i + 1)) continue
      lacking -= 1
      if (lacking === 0) return { from: from + i + 1, lacking: 0 }
    }
    end = from
  }
  return { from: 0, lacking: sizeOf(path) === 0 ? lines : lacking - 1 }
}

interface Segment {
  readonly path: string
  readonly from: number
}

/** The rotated part and the current one, from where reading begins. */
const segmentsOf = (log: string, tailLines: number | undefined): ReadonlyArray<Segment> => {
  const rotated = `${log}.1`
  if (tailLines === undefined)
    return [
      { path: rotated, from: 0 },
      { path: log, from: 0 },
    ]
  if (tailLines === 0) return [{ path: log, from: sizeOf(log) }]
  const { from, lacking } = tailStart(log, tailLines)
  if (lacking === 0) return [{ path: log, from }]
  return [
    { path: rotated, from: tailStart(rotated, lacking).from },
    { path: log, from },
  ]
}

/** Reads a file on to its end as it is now. */
const readOn = (segment: Segment, filter: LineFilter | undefined) =>
  Stream.unfold(segment.from, (from: number) =>
    Effect.sync(() => {
      const chunk = readAt(segment.path, from)
      if (chunk.length === 0) return undefined
      return [filter === undefined ? chunk : filter.push(chunk), from + chunk.length] as const
    }),
  )

/** Goes on with a file until no more is written to it; begins again at its start when it was cut. */
const follow = (source: LogSource, start: () => number, filter: LineFilter | undefined) =>
  Stream.suspend(() => {
    let from = start()
    let quiet = 0
    const step: Effect.Effect<Uint8Array | undefined, RuntimeError> = Effect.gen(function* () {
      for (;;) {
        if (sizeOf(source.log) < from) from = 0
        const chunk = readAt(source.log, from)
        from += chunk.length
        if (chunk.length > 0) return filter === undefined ? chunk : filter.push(chunk)
        // The shim copies what the program wrote last a moment after its end.
        if (quiet >= 2) return undefined
        quiet = (yield* source.hasEnded) ? quiet + 1 : 0
        yield* Effect.sleep(LOG_POLL_MS)
      }
    })
    return Stream.unfold(undefined, () =>
      Effect.map(step, (chunk) => (chunk === undefined ? undefined : ([chunk, undefined] as const))),
    )
  })

const filterFor = (segment: Segment, { timestamps, since }: LogOptions): LineFilter | undefined => {
  if (timestamps !== true && since === undefined) return undefined
  return new LineFilter(segment.from, {
    timestamps: timestamps === true,
    since: since?.getTime() ?? 0,
    timeAt: (offset) =>
      timeOf(readTimes(segment.path), offset) ??
      statSync(segment.path, { throwIfNoEntry: false })?.mtimeMs ??
      0,
  })
}

export const streamLog = (
  source: LogSource,
  options: LogOptions,
): Stream.Stream<Uint8Array, RuntimeError> => {
  if (statSync(source.log, { throwIfNoEntry: false }) === undefined) {
    const message = `there is no log of sandbox ${source.id}`
    return Stream.fail(
      new RuntimeError({ reason: "NotFound", operation: "logs", subject: source.id, message }),
    )
  }
  const parts = segmentsOf(source.log, options.tailLines).map((segment) => {
    const filter = filterFor(segment, options)
    const isCurrent = segment.path === source.log
    let read = segment.from
    const past = Stream.tap(readOn(segment, undefined), (chunk) =>
      Effect.sync(() => {
        read += chunk.length
      }),
    ).pipe(Stream.map((chunk) => (filter === undefined ? chunk : filter.push(chunk))))
    const whole =
      options.follow === true && isCurrent
        ? Stream.concat(
            past,
            follow(source, () => read, filter),
          )
        : past
    return Stream.concat(
      whole,
      Stream.suspend(() => (filter === undefined ? Stream.empty : Stream.succeed(filter.end()))),
    )
  })
  return parts
    .reduce((all, part) => Stream.concat(all, part))
    .pipe(Stream.filter((chunk) => chunk.length > 0))
}
