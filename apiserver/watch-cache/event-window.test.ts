import { expect, test } from "vitest"
import { limits } from "../limits.ts"
import { EventWindow } from "./event-window.ts"

const event = (revision: bigint, size = 1) => {
  const object = {
    key: "k",
    namespace: "",
    name: "k",
    revision,
    bytes: Buffer.alloc(size),
    version: "v1",
    labels: undefined,
    fields: undefined,
  }
  return { type: "MODIFIED", revision, object, previous: undefined } as const
}

const revisions = (window: EventWindow, after: bigint, limit?: number) =>
  window.after(after, limit)?.map((found) => found.revision)

test("events after a revision are told in order, as many as asked for", () => {
  const window = new EventWindow(10n)
  for (const revision of [11n, 15n, 20n]) window.push(event(revision))
  expect(revisions(window, 10n)).toEqual([11n, 15n, 20n])
  expect(revisions(window, 11n)).toEqual([15n, 20n])
  expect(revisions(window, 12n, 1)).toEqual([15n])
  expect(revisions(window, 20n)).toEqual([])
  expect(window.newest).toBe(20n)
})

test("what is before the floor cannot be told", () => {
  const window = new EventWindow(10n)
  expect(revisions(window, 9n)).toBeUndefined()
  expect([revisions(window, 10n), window.newest]).toEqual([[], 10n])
})

test("the oldest events are forgotten when there are too many, or too large ones", () => {
  const many = new EventWindow(0n)
  for (let revision = 1; revision <= limits.windowEventsMax + 5_000; revision++)
    many.push(event(BigInt(revision)))
  expect(many.floor).toBe(5_000n)
  expect(revisions(many, 4_999n)).toBeUndefined()
  expect(revisions(many, 5_000n)).toHaveLength(limits.windowEventsMax)
  const large = new EventWindow(0n)
  for (let revision = 1n; revision <= 4n; revision++) large.push(event(revision, limits.windowBytesMax / 2))
  expect([large.floor, revisions(large, 2n)]).toEqual([2n, [3n, 4n]])
})

test("a revision of several events is told whole, whatever the limit", () => {
  const window = new EventWindow(0n)
  for (const revision of [1n, 2n, 2n, 2n, 3n]) window.push(event(revision))
  expect(revisions(window, 0n, 2)).toEqual([1n, 2n, 2n, 2n])
  expect(revisions(window, 2n, 2)).toEqual([3n])
  expect(revisions(window, 1n, 0)).toEqual([])
  expect([0n, 1n, 2n, 3n].map((revision) => window.at(revision)?.length)).toEqual([0, 1, 3, 1])
})

test("a revision is forgotten whole, and the newest never", () => {
  const half = limits.windowBytesMax / 2
  const window = new EventWindow(0n)
  for (const revision of [1n, 1n, 2n]) window.push(event(revision, half))
  expect([window.floor, revisions(window, 1n)]).toEqual([1n, [2n]])
  for (let n = 0; n < 3; n++) window.push(event(3n, half))
  expect([window.floor, revisions(window, 2n)]).toEqual([2n, [3n, 3n, 3n]])
})

test("whether somebody at the floor has seen all of it is known where it had one event", () => {
  const window = new EventWindow(0n)
  for (const revision of [1n, 2n, 2n]) window.push(event(revision, limits.windowBytesMax / 4))
  window.push(event(3n, limits.windowBytesMax / 2))
  expect([window.floor, window.at(1n)]).toEqual([1n, []])
  window.push(event(4n, limits.windowBytesMax / 2))
  expect([window.floor, window.at(2n)]).toEqual([2n, undefined])
})
