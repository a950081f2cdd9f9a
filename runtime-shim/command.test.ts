import { Effect, Fiber } from "effect"
import { describe, expect, it } from "vitest"
import { findExecutable, runCommand, runOrFail } from "./command.ts"
import { KeyedLock } from "./keyed-lock.ts"
import { COMMAND_OUTPUT_BYTES_MAX } from "./limits.ts"

const shell = (script: string, more: { readonly stdin?: string; readonly deadlineMs?: number } = {}) =>
  runCommand({ file: "/bin/sh", args: ["-c", script], subject: "test", ...more })

describe("a command", () => {
  it("gives its output and exit code, and takes its stdin", async () => {
    const done = await Effect.runPromise(shell("cat; echo err >&2; exit 3", { stdin: "in" }))
    expect(done).toEqual({ exitCode: 3, stdout: "in", stderr: "err\n" })
  })
  it("that does not read its stdin is no error", async () => {
    expect(await Effect.runPromise(shell("exit 0", { stdin: "x".repeat(1 << 20) }))).toMatchObject({
      exitCode: 0,
    })
  })
  it("that takes too long is killed with its children", async () => {
    const error = await Effect.runPromise(
      Effect.flip(Effect.asVoid(shell("sleep 60 & wait", { deadlineMs: 100 }))),
    )
    expect(error.reason).toBe("DeadlineExceeded")
  })
  it("that says too much is cut", async () => {
    const { stdout } = await Effect.runPromise(shell("head -c 2000000 /dev/zero"))
    expect(stdout.length).toBe(COMMAND_OUTPUT_BYTES_MAX)
  })
  it("that is not there is Unavailable", async () => {
    const missing = runCommand({ file: "/no/such/program", args: [], subject: "test" })
    expect((await Effect.runPromise(Effect.flip(Effect.asVoid(missing)))).reason).toBe("Unavailable")
  })
  it("fails with its last words where it must succeed", async () => {
    const failing = runOrFail({ file: "/bin/sh", args: ["-c", "echo why >&2; exit 1"], subject: "test" })
    expect((await Effect.runPromise(Effect.flip(Effect.asVoid(failing)))).message).toContain("why")
  })
  it("is found in the system's directories, however short the PATH", () => {
    expect(findExecutable("sh")).toMatch(/\/sh$/)
    expect(findExecutable("no-such-program")).toBeUndefined()
    expect(findExecutable("/etc/passwd")).toBeUndefined()
  })
})

describe("a keyed lock", () => {
  it("runs effects on one key in turn and on another beside them", async () => {
    const lock = new KeyedLock()
    const order: Array<string> = []
    const step = (key: string, name: string) =>
      lock.run(
        key,
        Effect.gen(function* () {
          order.push(`${name} begins`)
          yield* Effect.yieldNow
          yield* Effect.yieldNow
          order.push(`${name} ends`)
        }),
      )
    const run = Effect.all([step("a", "1"), step("a", "2"), step("b", "3")], { concurrency: 3 })
    await Effect.runPromise(run)
    expect(order.indexOf("2 begins")).toBeGreaterThan(order.indexOf("1 ends"))
    expect(order.indexOf("3 begins")).toBeLessThan(order.indexOf("1 ends"))
  })
  it("is free again after a failure and after an interruption", async () => {
    const lock = new KeyedLock()
    const run = Effect.gen(function* () {
      yield* Effect.exit(lock.run("a", Effect.fail("x")))
      const held = yield* Effect.forkChild(lock.run("a", Effect.never), { startImmediately: true })
      const waiting = yield* Effect.forkChild(lock.run("a", Effect.succeed("in")), { startImmediately: true })
      yield* Fiber.interrupt(held)
      return yield* Fiber.join(waiting)
    })
    expect(await Effect.runPromise(run)).toBe("in")
  })
})
