import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { LogOptions } from "../sandbox-runtime.ts"
import { LineFilter } from "./line-filter.ts"
import { streamLog } from "./log-stream.ts"
import { appendTime, readTimes, timeOf } from "./log-times.ts"

let directory = ""
let log = ""
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "logs-"))
  log = join(directory, "log")
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const text = (chunks: Iterable<Uint8Array>) => Buffer.concat([...chunks]).toString()

const source = (hasEnded: () => boolean = () => true) => ({
  id: "x",
  log,
  hasEnded: Effect.sync(hasEnded),
})

const read = (options: LogOptions) =>
  Effect.runPromise(Effect.map(Stream.runCollect(streamLog(source(), options)), text))

describe("the time of a byte", () => {
  it("is that of the first note of a log longer than it", () => {
    const times = [
      { length: 10, at: 100 },
      { length: 20, at: 200 },
    ]
    expect([0, 9, 10, 19, 20].map((offset) => timeOf(times, offset))).toEqual([100, 100, 200, 200, undefined])
  })
  it("is kept beside the log", () => {
    appendTime(log, { length: 5, at: 1_700_000_000_123 })
    appendTime(log, { length: 2 ** 40, at: 1_700_000_000_456 })
    expect(readTimes(log)).toEqual([
      { length: 5, at: 1_700_000_000_123 },
      { length: 2 ** 40, at: 1_700_000_000_456 },
    ])
  })
})

describe("lines with their times", () => {
  const filter = (options: Partial<ConstructorParameters<typeof LineFilter>[1]> = {}) =>
    new LineFilter(0, { timestamps: true, since: 0, timeAt: (offset) => offset * 1000, ...options })
  it("are put together from chunks that cut them, and the last may lack its end", () => {
    const lines = filter()
    expect(text([lines.push(Buffer.from("ab\nc"))])).toBe("1970-01-01T00:00:00.000Z ab\n")
    expect(text([lines.push(Buffer.from("d\n"))])).toBe("1970-01-01T00:00:03.000Z cd\n")
    expect(text([lines.push(Buffer.from("rest"))])).toBe("")
    expect(text([lines.end()])).toBe("1970-01-01T00:00:06.000Z rest")
  })
  it("are left out when they are older than wanted", () => {
    const lines = filter({ timestamps: false, since: 3000 })
    expect(text([lines.push(Buffer.from("ab\ncd\n"))])).toBe("cd\n")
  })
})

describe("a log", () => {
  it.each([
    ["all of it", {}, "1\n2\n3\n"],
    ["no line", { tailLines: 0 }, ""],
    ["the last line", { tailLines: 1 }, "3\n"],
    ["the last two lines", { tailLines: 2 }, "2\n3\n"],
    ["more lines than there are", { tailLines: 9 }, "1\n2\n3\n"],
  ])("gives %s", async (_, options, want) => {
    writeFileSync(log, "1\n2\n3\n")
    expect(await read(options)).toBe(want)
  })
  it("counts a last line that has no end yet", async () => {
    writeFileSync(log, "1\n2\n3")
    expect(await read({ tailLines: 2 })).toBe("2\n3")
  })
  it("goes back into the part that was rotated away", async () => {
    writeFileSync(`${log}.1`, "1\n2\n")
    writeFileSync(log, "3\n4\n")
    expect(await read({})).toBe("1\n2\n3\n4\n")
    expect(await read({ tailLines: 3 })).toBe("2\n3\n4\n")
    expect(await read({ tailLines: 2 })).toBe("3\n4\n")
  })
  it("finds the last lines of a file much longer than a chunk", async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`)
    writeFileSync(log, lines.join(""))
    expect(await read({ tailLines: 20_000 })).toBe(lines.slice(20_000).join(""))
  })
  it("that is not there is NotFound", async () => {
    const error = await Effect.runPromise(
      Effect.flip(Effect.asVoid(Stream.runDrain(streamLog(source(), {})))),
    )
    expect(error.reason).toBe("NotFound")
  })
  it("is followed through growth and rotation until its task has ended", async () => {
    writeFileSync(log, "1\n")
    let ended = false
    const run = Effect.gen(function* () {
      const stream = streamLog(
        source(() => ended),
        { follow: true },
      )
      const fiber = yield* Effect.forkChild(Stream.runCollect(stream), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      appendFileSync(log, "2\n")
      yield* TestClock.adjust("1 second")
      truncateSync(log, 0)
      yield* TestClock.adjust("1 second")
      appendFileSync(log, "3\n")
      yield* TestClock.adjust("1 second")
      ended = true
      yield* TestClock.adjust("1 second")
      return text(yield* Fiber.join(fiber))
    })
    expect(await Effect.runPromise(Effect.provide(run, TestClock.layer()))).toBe("1\n2\n3\n")
  })
})
