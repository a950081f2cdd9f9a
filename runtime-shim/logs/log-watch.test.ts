import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { LOG_BYTES_MAX } from "../limits.ts"
import { readTimes } from "./log-times.ts"
import { LogWatch } from "./log-watch.ts"

let directory = ""
let log = ""
const watch = new LogWatch()
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "log-watch-"))
  log = join(directory, "log")
})
afterEach(() => {
  watch.close()
  rmSync(directory, { recursive: true, force: true })
})

describe("the watch over a log", () => {
  it("notes at once what it finds there", () => {
    writeFileSync(log, "12345")
    watch.watch("a", log)
    expect(readTimes(log).map(({ length }) => length)).toEqual([5])
  })
  it("notes nothing again that was noted before it", () => {
    writeFileSync(log, "12345")
    watch.watch("a", log)
    watch.forget("a")
    watch.watch("a", log)
    expect(readTimes(log)).toHaveLength(1)
  })
  it("notes what comes later", async () => {
    writeFileSync(log, "")
    watch.watch("a", log)
    await expect
      .poll(() => {
        writeFileSync(log, "x", { flag: "a" })
        return readTimes(log).length
      })
      .toBeGreaterThan(0)
  })
  it("cuts a log that is too long, and keeps what it held beside it", () => {
    writeFileSync(log, Buffer.alloc(LOG_BYTES_MAX + 1, "x"))
    watch.watch("a", log)
    expect(statSync(log).size).toBe(0)
    expect(statSync(`${log}.1`).size).toBe(LOG_BYTES_MAX + 1)
    expect(readTimes(`${log}.1`)).toHaveLength(1)
    expect(readFileSync(log, "utf8")).toBe("")
  })
  it("of a log that is not there is none", () => {
    expect(() => watch.watch("a", join(directory, "gone"))).not.toThrow()
  })
})
