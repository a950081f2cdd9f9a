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
    { key: "held", state: "held", ageMs: 5, attempts: 0, dirty: true, priority: "normal" },
    { key: "ready", state: "ready", ageMs: 10, attempts: 0, dirty: false, priority: "normal" },
    {
      key: "delayed",
      state: "delayed",
      ageMs: 3,
      attempts: 1,
      dirty: false,
      priority: "normal",
      nextTryMs: 100,
    },
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

describe("priorities", () => {
  const drain = (queue: WorkQueue, count = 100) => {
    const keys: Array<string> = []
    for (let taken = queue.take(99); taken !== undefined && keys.length < count; taken = queue.take(99)) {
      keys.push(taken.key)
      queue.done(taken.key, 99)
    }
    return keys
  }

  test("go first, and within one the order of becoming ready holds", () => {
    const queue = new WorkQueue()
    queue.add("l1", 0, "low")
    queue.add("n1", 1)
    queue.add("h1", 2, "high")
    queue.add("l2", 3, "low")
    queue.add("n2", 4)
    expect(drain(queue)).toEqual(["h1", "n1", "n2", "l1", "l2"])
  })

  test("rise with the highest that is asked for, and a key still comes out once", () => {
    const queue = new WorkQueue()
    queue.add("a", 0, "low")
    queue.add("b", 0)
    expect(queue.add("a", 1, "high")).toBe(false)
    queue.add("a", 2, "low")
    expect(queue.depth).toBe(2)
    expect(drain(queue)).toEqual(["a", "b"])
    expect(queue.depth).toBe(0)
  })

  test("of what is wanted while held is the one it was wanted with", () => {
    const queue = new WorkQueue()
    queue.add("a", 0, "high")
    queue.take(0)
    queue.add("a", 1, "low")
    queue.add("b", 1)
    queue.done("a", 2)
    expect(drain(queue)).toEqual(["b", "a"])
  })

  test("starve nobody: a low key is taken within its share of turns", () => {
    const queue = new WorkQueue()
    queue.add("low", 0, "low")
    let turns = 0
    for (let taken = ""; taken !== "low"; turns += 1) {
      queue.add(`high${turns}`, turns + 1, "high")
      taken = queue.take(turns + 1)?.key ?? ""
      queue.done(taken, turns + 1)
    }
    expect(turns).toBeLessThanOrEqual(8)
  })

  test("are kept over a delay", () => {
    const queue = new WorkQueue()
    queue.add("a", 0, "low")
    queue.take(0)
    queue.addAt("a", 10, 0)
    queue.done("a", 0)
    queue.advance(10)
    queue.add("b", 11)
    expect(drain(queue)).toEqual(["b", "a"])
  })

  test("`now` clears failures and delays and goes before all", () => {
    const queue = new WorkQueue()
    queue.failed("a", 0)
    queue.failed("a", 0)
    queue.addAt("a", 1000, 0)
    queue.add("b", 0)
    queue.now("a", 5)
    expect(queue.contents(5)).toContainEqual({
      key: "a",
      state: "ready",
      ageMs: 0,
      attempts: 0,
      dirty: false,
      priority: "high",
    })
    expect(drain(queue)).toEqual(["a", "b"])
    expect(queue.advance(2000)).toBe(0)
  })
})
