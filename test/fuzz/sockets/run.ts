/** Runs a socket slice: connections side by side, and what must be true after every batch of them. */
import { heapUsed } from "../heap.ts"
import { drawn, type Place } from "../random.ts"
import type { Failure, Report, RunOptions } from "../report.ts"
import { count, makeTally } from "../tally.ts"
import { converse, type Outcome } from "./connection.ts"
import { type Door, openDoor } from "./doors.ts"
import { type Script, type SocketSlice, scriptText } from "./script.ts"

/** Connections at once. */
const sideBySide = 16
const batchesPerRound = 32
const failuresMax = 6

const noRequest = { method: "", url: "", headers: {}, body: new Uint8Array() }

/** Exceptions that nobody caught: what would have ended the process. */
const watchProcess = (): { readonly take: () => ReadonlyArray<string>; readonly stop: () => void } => {
  const found: string[] = []
  const note = (error: unknown): void => {
    found.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  process.on("uncaughtException", note)
  process.on("unhandledRejection", note)
  return {
    take: () => found.splice(0),
    stop: () => {
      process.off("uncaughtException", note)
      process.off("unhandledRejection", note)
    },
  }
}

interface Batch {
  readonly scripts: ReadonlyArray<Script>
  readonly outcomes: ReadonlyArray<Outcome>
}

const batchFault = async (door: Door, { outcomes }: Batch, before: bigint): Promise<string | undefined> => {
  const [logged] = door.takeFaults()
  if (logged !== undefined) return `the server says of itself: ${logged}`
  const silent = await door.fault()
  if (silent !== undefined) return silent
  const isRefused = outcomes.every(({ status }) => status >= 400 || status === 0)
  const after = await door.revision()
  return isRefused && after !== before ? "refused requests have written" : undefined
}

export const runSocketSlice = async (slice: SocketSlice, options: RunOptions): Promise<Report> => {
  const tally = makeTally()
  const failures: Failure[] = []
  const heaps: number[] = []
  const door = await openDoor(slice)
  const uncaught = watchProcess()
  const failed = (place: Place, wrong: string, scripts: ReadonlyArray<Script>): void => {
    if (failures.some((known) => known.wrong.slice(0, 60) === wrong.slice(0, 60))) return
    failures.push({ place, wrong, commands: scripts.map(scriptText) })
  }
  try {
    for (
      let index = 0, round = options.round ?? 0;
      index < options.requests && failures.length < failuresMax;
    ) {
      const place = (at: number): Place => ({ seed: options.seed, slice: slice.name, round, index: at })
      const size = Math.min(sideBySide, options.requests - index)
      const scripts = Array.from({ length: size }, (_, at) => drawn(slice.script, place(index + at)).value)
      options.about?.(place(index))
      const before = await door.revision()
      const outcomes = await Promise.all(scripts.map((script) => converse(door, slice, script)))
      for (const [at, { status, wrong }] of outcomes.entries()) {
        count(tally, noRequest, { status, cpuMs: 0, text: "" })
        if (wrong !== undefined) failed(place(index + at), wrong, scripts.slice(at, at + 1))
      }
      const [thrown] = uncaught.take()
      const wrong =
        thrown === undefined ? await batchFault(door, { scripts, outcomes }, before) : `thrown: ${thrown}`
      if (wrong !== undefined) failed(place(index), wrong, scripts)
      index += size
      if ((index / sideBySide) % batchesPerRound === 0) heaps.push(heapUsed())
    }
  } finally {
    await door.close()
    uncaught.stop()
  }
  return { slice: slice.name, tally, failures, heaps }
}
