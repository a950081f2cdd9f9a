import * as fc from "fast-check"
import { expect, test } from "vitest"
import type { PriorityLevel } from "./priority-level.ts"
import { QueueSet } from "./queue-set.ts"
import { SeatPool } from "./seat-pool.ts"
import { dealHand } from "./shuffle-shard.ts"

const level = (more: Partial<PriorityLevel> = {}): PriorityLevel => ({
  name: "l",
  uid: "",
  exempt: false,
  shares: 10,
  lendablePercent: 0,
  borrowingLimitPercent: undefined,
  queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 },
  ...more,
})

/** Levels that share seats, and the order in which requests got theirs. */
class Bench {
  readonly order: string[] = []
  readonly #held: Array<{ readonly name: string; readonly release: () => void }> = []
  readonly #sets: ReadonlyArray<QueueSet>

  constructor(seats: number, ...levels: ReadonlyArray<PriorityLevel>) {
    const pool = new SeatPool(seats)
    const freed = (): void => {
      for (const set of this.#sets) set.dispatch()
    }
    this.#sets = levels.map((given) => new QueueSet(given, { pool, freed }))
    pool.share(this.#sets)
  }

  set(index = 0): QueueSet {
    const found = this.#sets[index]
    if (found === undefined) throw new RangeError("no such level")
    return found
  }

  send(name: string, { flow = name, seats = 1, level: index = 0 } = {}): string {
    const begun = (release: () => void): void => {
      this.order.push(name)
      this.#held.push({ name, release })
    }
    const entry = this.set(index).enter({ flow, seats }, begun)
    if (entry.type === "seated") begun(entry.release)
    return entry.type
  }

  /** The request that got its seat first is answered. */
  finish(): boolean {
    const first = this.#held.shift()
    first?.release()
    return first !== undefined
  }

  finishAll(): void {
    while (this.finish());
  }
}

test("requests are seated at once while there are seats, then wait, then are refused", () => {
  const bench = new Bench(2, level({ queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } }))
  const sent = ["a", "b", "c", "d", "e"].map((name) => bench.send(name))
  expect(sent).toEqual(["seated", "seated", "queued", "queued", "full"])
  bench.finishAll()
  expect([bench.order, bench.set().inUse, bench.set().waiting]).toEqual([["a", "b", "c", "d"], 0, 0])
})

test("a level that rejects has no queues", () => {
  const bench = new Bench(1, level({ queuing: undefined }))
  expect([bench.send("a"), bench.send("b")]).toEqual(["seated", "full"])
})

test("a flood of wide requests delays another flow by at most one request of each queue of its hand", () => {
  const bench = new Bench(10, level())
  for (let index = 0; index < 300; index++) bench.send("flood", { seats: 10 })
  const waits: number[] = []
  for (let index = 0; index < 20; index++) {
    const before = bench.order.length
    expect(bench.send(`small-${index}`, { flow: "small" })).toBe("queued")
    while (!bench.order.includes(`small-${index}`)) expect(bench.finish()).toBe(true)
    waits.push(bench.order.length - before - 1)
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(6)
  expect(bench.set().waiting).toBeGreaterThan(150)
})

test("flows that wait get turns by the seats that they take, not by how many requests they send", () => {
  const bench = new Bench(4, level({ queuing: { queues: 64, handSize: 1, queueLengthLimit: 50 } }))
  bench.send("first", { seats: 4 })
  for (let index = 0; index < 10; index++) bench.send("wide", { seats: 4 })
  for (let index = 0; index < 40; index++) bench.send("thin", { seats: 1 })
  bench.finishAll()
  const seated = bench.order.slice(1, 26)
  expect(seated.filter((name) => name === "wide")).toHaveLength(5)
  expect(seated.filter((name) => name === "thin")).toHaveLength(20)
})

test("a request that gives up makes room, and never begins", () => {
  const bench = new Bench(1, level({ queuing: { queues: 1, handSize: 1, queueLengthLimit: 1 } }))
  bench.send("a")
  const entry = bench.set().enter({ flow: "b", seats: 1 }, () => bench.order.push("b"))
  expect(bench.send("c")).toBe("full")
  expect(entry.type === "queued" && entry.place.leave()).toBe(true)
  expect(entry.type === "queued" && entry.place.leave()).toBe(false)
  expect(bench.send("c")).toBe("queued")
  bench.finishAll()
  expect(bench.order).toEqual(["a", "c"])
})

test("seats are given back once, whatever is called twice", () => {
  const bench = new Bench(2, level())
  const entry = bench.set().enter({ flow: "a", seats: 2 }, () => {})
  if (entry.type !== "seated") throw new Error("there were seats")
  entry.release()
  entry.release()
  expect(bench.set().inUse).toBe(0)
})

test("a level borrows what others can spare, and they take it back at once", () => {
  const half = { queuing: undefined, shares: 10 }
  const bench = new Bench(10, level({ ...half, lendablePercent: 60 }), level(half))
  const codes = Array.from({ length: 9 }, () => bench.send("borrower", { level: 1 }))
  expect(codes).toEqual([...Array.from({ length: 8 }, () => "seated"), "full"])
  const own = Array.from({ length: 6 }, () => bench.send("lender", { level: 0 }))
  expect(own).toEqual([...Array.from({ length: 5 }, () => "seated"), "full"])
})

test("a level borrows no more than it may", () => {
  const half = { queuing: undefined, shares: 10 }
  const lender = level({ ...half, lendablePercent: 100 })
  const bench = new Bench(10, lender, level({ ...half, borrowingLimitPercent: 40 }))
  const codes = Array.from({ length: 8 }, () => bench.send("borrower", { level: 1 }))
  expect(codes.filter((code) => code === "seated")).toHaveLength(7)
})

test("who waits keeps waiting when the level is configured anew", () => {
  const bench = new Bench(1, level())
  for (const name of ["a", "b", "c"]) bench.send(name)
  bench.set().configure(level({ queuing: { queues: 2, handSize: 1, queueLengthLimit: 50 } }))
  expect(bench.set().waiting).toBe(2)
  bench.finishAll()
  expect(bench.order).toHaveLength(3)
})

test("whatever is sent, every request that is not refused is seated once, within the seats", () => {
  const requests = fc.array(
    fc.record({
      flow: fc.integer({ min: 0, max: 5 }),
      seats: fc.integer({ min: 1, max: 12 }),
      finish: fc.boolean(),
    }),
    { maxLength: 200 },
  )
  void fc.assert(
    fc.property(requests, (sent) => {
      const bench = new Bench(8, level({ queuing: { queues: 8, handSize: 2, queueLengthLimit: 5 } }))
      let taken = 0
      for (const [index, { flow, seats, finish }] of sent.entries()) {
        if (bench.send(`r${index}`, { flow: `f${flow}`, seats }) !== "full") taken++
        expect(bench.set().inUse).toBeLessThanOrEqual(8)
        if (finish) bench.finish()
      }
      bench.finishAll()
      expect(new Set(bench.order).size).toBe(bench.order.length)
      expect([bench.order.length, bench.set().inUse, bench.set().waiting]).toEqual([taken, 0, 0])
    }),
  )
})

test("a hand has different queues, the same for the same flow, spread over all", () => {
  const hands = Array.from({ length: 500 }, (_, index) => dealHand(`flow-${index}`, 16, 4))
  for (const hand of hands) {
    expect(new Set(hand).size).toBe(4)
    for (const queue of hand) expect(queue >= 0 && queue < 16).toBe(true)
  }
  expect(dealHand("flow-1", 16, 4)).toEqual(hands[1])
  expect(new Set(hands.flat()).size).toBe(16)
  expect(dealHand("x", 3, 3).toSorted()).toEqual([0, 1, 2])
})
