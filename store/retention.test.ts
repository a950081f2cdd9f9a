import { it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { describe, expect, test } from "vitest"
import { create, record, replace } from "./conformance/world.ts"
import { makeMemoryStore } from "./memory.ts"
import { keepHistory, planRetention, type RevisionNote } from "./retention.ts"

const notes = (
  ...of: ReadonlyArray<readonly [atMs: number, revision: number]>
): ReadonlyArray<RevisionNote> => of.map(([atMs, revision]) => ({ atMs, revision: BigInt(revision) }))

describe("a plan", () => {
  test.each([
    ["keeps all while nothing is old enough", notes([0, 10], [50, 20]), 1, 1000, undefined],
    ["forgets what is older than the window", notes([0, 10], [50, 20], [100, 30]), 1, 1000, 10n],
    ["goes by the newest note that is old enough", notes([0, 10], [50, 20], [150, 30]), 1, 1000, 20n],
    ["keeps the last revisions however old", notes([0, 10], [500, 12]), 5, 1000, 8n],
    ["keeps an old store whole that has few revisions", notes([0, 3], [500, 3]), 5, 1000, undefined],
    ["keeps no more than the most, however young", notes([0, 10], [50, 2000]), 1, 1000, 1001n],
    ["says nothing of a store it has not seen", notes(), 1, 1000, undefined],
  ])("%s", (_, given, revisionsMin, revisionsMax, want) => {
    expect(planRetention(given, { keep: 100, revisionsMin, revisionsMax }).compact).toBe(want)
  })

  test("lets go of the notes that no later plan can need", () => {
    const window = { keep: 100, revisionsMin: 1, revisionsMax: 1000 }
    const { notes: left } = planRetention(notes([0, 1], [10, 2], [20, 3], [115, 4]), window)
    expect(left).toEqual(notes([10, 2], [20, 3], [115, 4]))
  })
})

const pass = (store: { get: (key: string) => Promise<unknown> }) => Effect.promise(() => store.get("/"))

it.effect("history older than the window is forgotten as time passes, and the present never", () =>
  Effect.gen(function* () {
    const store = makeMemoryStore()
    const window = { keep: "1 hour", revisionsMin: 1, revisionsMax: 1_000_000 } as const
    const first = yield* Effect.promise(() => create(store, "/a", "old"))
    yield* Effect.forkScoped(keepHistory(store, { window, every: "10 minutes" }))
    yield* TestClock.adjust("10 minutes")
    yield* pass(store)
    const second = yield* Effect.promise(() => replace(store, "/a", { at: first, value: "new" }))
    for (let step = 0; step < 8; step++) {
      yield* TestClock.adjust("10 minutes")
      yield* pass(store)
    }
    const { recorder } = record(store, { prefix: "/", from: first })
    yield* Effect.promise(() => recorder.until(({ end }) => end !== undefined))
    expect(recorder.end?.reason).toBe("Compacted")
    expect(recorder.end?.compactRevision).toBe(second)
  }),
)

it.effect("a step that fails is tried again at the next", () =>
  Effect.gen(function* () {
    const compacted: Array<bigint> = []
    const failing = {
      get: async () => ({ kv: undefined, revision: 5_000n }),
      compact: async (revision: bigint) => {
        compacted.push(revision)
        if (compacted.length === 1) throw new Error("etcd is away")
      },
    }
    const window = { keep: "1 hour", revisionsMin: 1, revisionsMax: 1_000 } as const
    yield* Effect.forkScoped(keepHistory(failing, { window, every: "10 minutes" }))
    for (let step = 0; step < 2; step++) {
      yield* TestClock.adjust("10 minutes")
      yield* pass(failing)
    }
    expect(compacted.slice(0, 2)).toEqual([4_001n, 4_001n])
  }),
)
