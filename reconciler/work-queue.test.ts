import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { WorkQueue } from "./work-queue.ts"

const take = (queue: WorkQueue, now = 0) => queue.take(now)?.key

describe("a set of keys", () => {
  test("a key added twice comes out once", () => {
    const queue = new WorkQueue()
    expect([queue.add("a", 0), queue.add("a", 0), queue.add("b", 0)]).toEqual([true, false, true])
    expect([take(queue), take(queue), take(queue)]).toEqual(["a", "b", undefined])
  })

  test("a key added while held is ready again when it is done, once", () => {
    const queue = new WorkQueue()
    queue.add("a", 0)
    take(queue)
    queue.add("a", 0)
    queue.add("a", 0)
    expect(take(queue)).toBeUndefined()
    expect(queue.done("a", 0)).toBe(true)
    expect(take(queue)).toBe("a")
    expect(queue.done("a", 0)).toBe(false)
    expect(take(queue)).toBeUndefined()
  })

  test("the wait in the line is told", () => {
    const queue = new WorkQueue()
    queue.add("a", 10)
    expect(queue.take(25)).toEqual({ key: "a", waitedMs: 15 })
  })
})

describe("delays", () => {
  test("the earliest deadline of a key counts", () => {
    const queue = new WorkQueue()
    queue.addAt("a", 100, 0)
    queue.addAt("a", 50, 0)
    queue.addAt("a", 80, 0)
    expect(queue.nextDeadline()).toBe(50)
    expect(queue.advance(49)).toBe(0)
    expect(queue.advance(50)).toBe(1)
    expect(take(queue)).toBe("a")
    queue.done("a", 50)
    expect(queue.advance(1000)).toBe(0)
  })

  test("a change overtakes a delay, and the delay is over", () => {
    const queue = new WorkQueue()
    queue.addAt("a", 100, 0)
    queue.add("a", 1)
    expect(take(queue)).toBe("a")
    queue.done("a", 2)
    expect(queue.nextDeadline()).toBeUndefined()
  })

  test("a delay that runs out while the key is held makes it ready after it", () => {
    const queue = new WorkQueue()
    queue.add("a", 0)
    take(queue)
    queue.addAt("a", 10, 0)
    expect(queue.advance(10)).toBe(1)
    expect(take(queue)).toBeUndefined()
    expect(queue.done("a", 11)).toBe(true)
  })

  test("keys come out by deadline, not by the order in which they were delayed", () => {
    const queue = new WorkQueue()
    for (const [key, due] of [
      ["c", 30],
      ["a", 10],
      ["b", 20],
    ] as const)
      queue.addAt(key, due, 0)
    queue.advance(30)
    expect([take(queue), take(queue), take(queue)]).toEqual(["a", "b", "c"])
  })
})

test("failures are counted per key until it succeeds", () => {
  const queue = new WorkQueue()
  expect([queue.failed("a", 0), queue.failed("a", 0), queue.failed("b", 0)]).toEqual([1, 2, 1])
  queue.forget("a")
  expect([queue.attempts("a"), queue.attempts("b")]).toEqual([0, 1])
})

test("its contents are told with age, attempts and the next try", () => {
  const queue = new WorkQueue()
  for (const key of ["held", "ready"]) queue.add(key, 0)
  take(queue, 5)
  queue.add("held", 6)
  queue.failed("delayed", 7)
  queue.addAt("delayed", 100, 7)
  expect(queue.contents(10)).toEqual([
    { key: "held", state: "held", ageMs: 5, attempts: 0, dirty: true },
    { key: "ready", state: "ready", ageMs: 10, attempts: 0, dirty: false },
    { key: "delayed", state: "delayed", ageMs: 3, attempts: 1, dirty: false, nextTryMs: 100 },
  ])
})

/** The same contract, said in the most obvious way. */
class Model {
  readonly wanted = new Map<string, number>()
  readonly held = new Set<string>()
  want(key: string, at: number) {
    this.wanted.set(key, Math.min(at, this.wanted.get(key) ?? Number.POSITIVE_INFINITY))
  }
  takeable(now: number) {
    return new Set(
      [...this.wanted].filter(([key, at]) => at <= now && !this.held.has(key)).map(([key]) => key),
    )
  }
}

const key = fc.constantFrom("a", "b", "c")
const command = fc.oneof(
  fc.record({ op: fc.constant("add" as const), key }),
  fc.record({ op: fc.constant("addAt" as const), key, delay: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ op: fc.constant("take" as const) }),
  fc.record({ op: fc.constant("done" as const), key }),
  fc.record({ op: fc.constant("sleep" as const), ms: fc.integer({ min: 1, max: 15 }) }),
)

test("no wanted key is lost, none is held twice, whatever happens in whatever order", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const queue = new WorkQueue()
      const model = new Model()
      let now = 0
      for (const step of commands) {
        if (step.op === "add") {
          queue.add(step.key, now)
          model.want(step.key, now)
        } else if (step.op === "addAt") {
          queue.addAt(step.key, now + step.delay, now)
          model.want(step.key, now + step.delay)
        } else if (step.op === "sleep") {
          now += step.ms
          queue.advance(now)
        } else if (step.op === "done") {
          queue.done(step.key, now)
          model.held.delete(step.key)
        } else {
          const takeable = model.takeable(now)
          const taken = take(queue, now)
          expect(taken === undefined ? takeable.size : takeable.has(taken)).toBe(
            taken === undefined ? 0 : true,
          )
          if (taken !== undefined) {
            model.wanted.delete(taken)
            model.held.add(taken)
          }
        }
        expect(queue.depth).toBe(model.takeable(now).size)
      }
    }),
  )
})

test("delays that were overtaken are given back", () => {
  const queue = new WorkQueue()
  for (let i = 0; i < 10_000; i++) {
    queue.addAt("a", 1_000_000 + i, i)
    queue.add("a", i)
    take(queue, i)
    queue.done("a", i)
  }
  queue.addAt("a", 5, 4)
  expect(queue.contents(4)).toHaveLength(1)
  expect(queue.nextDeadline()).toBe(5)
})
