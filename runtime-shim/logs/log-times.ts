/**
 * When bytes of a log were first seen: pairs of a length and a time, in step with the log file.
 *
 * The shim writes a log without times, so a line's time is when this process noticed it (within milliseconds while it
 * runs). Lines written while no daemon ran carry the time at which the next one found them.
 */
import { appendFileSync, readFileSync } from "node:fs"

export interface SeenAt {
  /** The log was this long, or longer. */
  readonly length: number
  readonly at: number
}

const RECORD = 16

const encode = ({ length, at }: SeenAt): Buffer => {
  const record = Buffer.alloc(RECORD)
  record.writeBigUInt64LE(BigInt(length), 0)
  record.writeBigUInt64LE(BigInt(at), 8)
  return record
}

export const timesPath = (log: string) => `${log}.times`

export const appendTime = (log: string, seen: SeenAt): void => appendFileSync(timesPath(log), encode(seen))

export const readTimes = (log: string): ReadonlyArray<SeenAt> => {
  let bytes: Buffer
  try {
    bytes = readFileSync(timesPath(log))
  } catch {
    return []
  }
  const times: Array<SeenAt> = []
  for (let at = 0; at + RECORD <= bytes.length; at += RECORD) {
    times.push({
      length: Number(bytes.readBigUInt64LE(at)),
      at: Number(bytes.readBigUInt64LE(at + 8)),
    })
  }
  return times
}

/** The time of the byte at `offset`: the first note of a log longer than that. */
export const timeOf = (times: ReadonlyArray<SeenAt>, offset: number): number | undefined => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle]?.length ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return times[low]?.at
}
