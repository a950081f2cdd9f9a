/**
 * How often a server sends bookmarks, learned from those it sent, and when the next is overdue: a watch on a half-open connection
 * is told by the bookmark that does not come. Plain; times are milliseconds of a monotonic clock.
 *
 * Servers promise no interval. Ours sends one each minute to all watches at once; Kubernetes sends one to each watch each minute,
 * up to a quarter later, and one shortly before a watch ends. So the longest of the last gaps counts, with as much room above it
 * as the gaps differ, and gaps much shorter than the longest count for nothing. A server that is heard without keeping the pace
 * has none: then only the idle timeout holds.
 */
import { bookmarkGrace } from "./limits.ts"

/** Gaps remembered, and how many must agree before they say anything. */
const maxGaps = 8
const minGaps = 2
/** A gap shorter than this part of the longest was no period: the bookmark at the end of a watch. */
const regularPart = 0.5

export class BookmarkPace {
  #gaps: ReadonlyArray<number> = []
  /** When this watch was opened, or its last bookmark came. */
  #since: number | undefined
  #isFirst = true

  /** A watch was opened: the next bookmark is due within one interval, but how much of it is over is not known. */
  opened(now: number): void {
    this.#since = now
    this.#isFirst = true
  }

  bookmark(now: number): void {
    if (!this.#isFirst && this.#since !== undefined) {
      this.#gaps = [...this.#gaps, now - this.#since].slice(-maxGaps)
    }
    this.#since = now
    this.#isFirst = false
  }

  /** Something else came. After the due time it proves that the connection lives and the pace was wrong. */
  event(now: number): void {
    const due = this.overdueAt()
    if (due !== undefined && now >= due) this.#gaps = []
  }

  /** The watch was given up for want of a bookmark. If that was wrong, it is not to be so again: the pace is learned anew. */
  gaveUp(): void {
    this.#gaps = []
  }

  /** From when on the missing bookmark means a dead connection; undefined while the pace is not known. */
  overdueAt(): number | undefined {
    const interval = this.interval()
    return interval === undefined || this.#since === undefined
      ? undefined
      : this.#since + interval + bookmarkGrace
  }

  /** The longest time between two bookmarks that is to be expected. */
  interval(): number | undefined {
    const longest = Math.max(...this.#gaps)
    const regular = this.#gaps.filter((gap) => gap >= longest * regularPart)
    if (regular.length < minGaps) return undefined
    return longest + (longest - Math.min(...regular))
  }
}
