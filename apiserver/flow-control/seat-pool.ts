/**
 * The seats of a server, shared out between priority levels: each has its nominal seats by right, lends what it may spare
 * while it does not need them, and borrows what others can spare. What was lent comes back at once: a level takes its
 * nominal seats even while a borrower still holds some. Source: KEP-1040, "Priority Level Configuration".
 */
import type { PriorityLevel } from "./priority-level.ts"

export interface SeatHolder {
  readonly level: PriorityLevel
  /** Seats held. */
  readonly inUse: number
}

interface Allotment {
  /** By right. */
  readonly nominal: number
  /** Never lent. */
  readonly kept: number
  /** With what is borrowed. */
  readonly most: number
}

const allot = (level: PriorityLevel, total: number, shares: number): Allotment => {
  const nominal = Math.max(1, Math.ceil((total * level.shares) / Math.max(1, shares)))
  const borrowed =
    level.borrowingLimitPercent === undefined
      ? Number.POSITIVE_INFINITY
      : Math.round((nominal * level.borrowingLimitPercent) / 100)
  return {
    nominal,
    kept: nominal - Math.round((nominal * Math.min(100, level.lendablePercent)) / 100),
    most: nominal + borrowed,
  }
}

export class SeatPool {
  readonly #total: number
  readonly #allotments = new Map<SeatHolder, Allotment>()

  constructor(total: number) {
    this.#total = total
  }

  /** Shares the seats out anew; exempt levels take none. */
  share(holders: ReadonlyArray<SeatHolder>): void {
    const limited = holders.filter(({ level }) => !level.exempt)
    const shares = limited.reduce((sum, { level }) => sum + level.shares, 0)
    this.#allotments.clear()
    for (const holder of limited) this.#allotments.set(holder, allot(holder.level, this.#total, shares))
  }

  nominal(holder: SeatHolder): number {
    return this.#allotments.get(holder)?.nominal ?? 1
  }

  /** Whether a level may take this many more seats now. */
  mayTake(holder: SeatHolder, seats: number): boolean {
    const own = this.#allotments.get(holder)
    if (own === undefined) return true
    if (holder.inUse + seats <= own.nominal) return true
    if (holder.inUse + seats > own.most) return false
    let spoken = 0
    for (const [other, { kept }] of this.#allotments) {
      spoken += other === holder ? other.inUse : Math.max(other.inUse, kept)
    }
    return spoken + seats <= this.#total
  }
}
