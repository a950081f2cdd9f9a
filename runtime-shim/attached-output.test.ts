import { Effect, Fiber, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { AttachedOutput } from "./attached-output.ts"
import { ATTACHED_BYTES_MAX } from "./limits.ts"
import { RuntimeError } from "./sandbox-runtime.ts"

const stdout = (text: string) => ({ stream: "stdout", chunk: Buffer.from(text) }) as const

const text = (outputs: Iterable<{ readonly chunk: Uint8Array }>) =>
  Buffer.concat(Array.from(outputs, ({ chunk }) => chunk)).toString()

describe("the output of an attached process", () => {
  it("comes whole and in order, before the exit", async () => {
    const attached = new AttachedOutput()
    const order: Array<string> = []
    const run = Effect.gen(function* () {
      const exit = yield* Effect.forkChild(
        Effect.tap(attached.exit, () => Effect.sync(() => order.push("exit"))),
        { startImmediately: true },
      )
      const reading = yield* Effect.forkChild(
        Stream.runForEach(attached.output, ({ chunk }) =>
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => order.push(chunk.toString())),
          ),
        ),
        { startImmediately: true },
      )
      attached.push(stdout("a"))
      attached.push(stdout("b"))
      attached.end({ exitCode: 3 })
      yield* Fiber.join(reading)
      return yield* Fiber.join(exit)
    })
    expect(await Effect.runPromise(run)).toBe(3)
    expect(order).toEqual(["a", "b", "exit"])
  })
  it("need not be read for the exit to come", async () => {
    const attached = new AttachedOutput()
    attached.push(stdout("a"))
    attached.end({ exitCode: 0 })
    expect(await Effect.runPromise(attached.exit)).toBe(0)
  })
  it("may be left half way, and the exit still comes", async () => {
    const attached = new AttachedOutput()
    attached.push(stdout("a"))
    attached.push(stdout("b"))
    const first = await Effect.runPromise(Stream.runCollect(Stream.take(attached.output, 1)))
    attached.push(stdout("dropped"))
    attached.end({ exitCode: 1 })
    expect([text(first), await Effect.runPromise(attached.exit)]).toEqual(["a", 1])
  })
  it("asks its source to pause when the reader lags, and to go on when it has caught up", async () => {
    let drained = 0
    const attached = new AttachedOutput(() => {
      drained += 1
    })
    expect(attached.push(stdout("a"))).toBe(true)
    expect(attached.push({ stream: "stdout", chunk: Buffer.alloc(ATTACHED_BYTES_MAX) })).toBe(false)
    await Effect.runPromise(Stream.runCollect(Stream.take(attached.output, 2)))
    expect(drained).toBeGreaterThan(0)
  })
  it("fails where its source did", async () => {
    const attached = new AttachedOutput()
    const fields = { operation: "exec", subject: "x", message: "gone" }
    attached.push(stdout("a"))
    attached.end({ error: new RuntimeError({ reason: "Unavailable", ...fields }) })
    const error = await Effect.runPromise(Effect.flip(Effect.asVoid(Stream.runDrain(attached.output))))
    expect(error.reason).toBe("Unavailable")
  })
})
