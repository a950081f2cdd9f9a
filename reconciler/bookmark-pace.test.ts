import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BookmarkPace } from "./bookmark-pace.ts"
import { bookmarkGrace } from "./limits.ts"

/** A watch with bookmarks at these times. */
const seen = (...times: ReadonlyArray<number>) => {
  const pace = new BookmarkPace()
  pace.opened(0)
  for (const time of times) pace.bookmark(time)
  return pace
}

describe("the pace of bookmarks", () => {
  it("is not known from the opening of a watch and two bookmarks", () => {
    expect(seen(10_000, 70_000).overdueAt()).toBeUndefined()
  })

  it("of a steady server makes a bookmark overdue within two seconds of its time", () => {
    const overdue = seen(10_000, 70_000, 130_000).overdueAt()
    expect(overdue).toBe(190_000 + bookmarkGrace)
    expect(bookmarkGrace).toBeLessThan(2_000)
  })

  it("gives a server that wanders as much room as it wandered", () => {
    expect(seen(0, 60_000, 135_000).interval()).toBe(90_000)
  })

  it("does not count the bookmark at the end of a watch", () => {
    const pace = seen(0, 60_000, 120_000, 125_000)
    expect(pace.interval()).toBe(60_000)
  })

  it("is kept over watches, and counts from the opening of the new one", () => {
    const pace = seen(0, 60_000, 120_000)
    pace.opened(500_000)
    expect(pace.overdueAt()).toBe(560_000 + bookmarkGrace)
    pace.bookmark(501_000)
    expect(pace.interval()).toBe(60_000)
  })

  it("is forgotten when something is heard while a bookmark is overdue", () => {
    const pace = seen(0, 60_000, 120_000)
    pace.event(179_000)
    expect(pace.interval()).toBe(60_000)
    pace.event(190_000)
    expect(pace.overdueAt()).toBeUndefined()
  })

  it("that made a watch be given up is learned anew: bookmarks that came in a burst do it once", () => {
    const pace = seen(...Array.from({ length: 12 }, (_, index) => index * 1000))
    expect(pace.overdueAt()).toBeLessThan(15_000)
    pace.gaveUp()
    pace.opened(15_000)
    expect(pace.overdueAt()).toBeUndefined()
  })

  it("of Kubernetes, which wanders by a quarter, seldom makes a live watch look dead", () => {
    const gap = fc.double({ min: 60_000, max: 75_000, noNaN: true })
    fc.assert(
      fc.property(fc.array(gap, { minLength: 200, maxLength: 200 }), (gaps) => {
        const pace = seen(0)
        let now = 0
        let wrong = 0
        for (const each of gaps) {
          const overdue = pace.overdueAt()
          now += each
          if (overdue !== undefined && now > overdue) wrong += 1
          pace.bookmark(now)
        }
        expect(wrong).toBeLessThan(gaps.length / 5)
      }),
    )
  })
})
