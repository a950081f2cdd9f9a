/**
 * One priority level at work: requests that find no seat wait in queues, and queues take turns by what they have had.
 *
 * Start-time fair queueing: a request starts, in virtual time, when the one before it in its queue ends, or now; whoever
 * starts first is next. So a request waits for at most about one request of each queue that was waiting before it, however
 * long those queues are. Plain and synchronous; time comes from outside. Source: KEP-1040 "Fair Queuing for Server
 * Requests"; Goyal, Vin, Cheng, "Start-time Fair Queuing".
 */
import type { PriorityLevel, Queuing } from "./priority-level.ts"
import type { SeatHolder, SeatPool } from "./seat-pool.ts"
import { dealHand } from "./shuffle-shard.ts"

export interface FlowRequest {
  /** What tells this request's flow from others. */
  readonly flow: string
  /** How many seats it takes. */
  readonly seats: number
}

interface Waiting extends FlowRequest {
  /** Where it starts in virtual time. */
  start: number
  readonly begin: (held: () => void) => void
}

interface Queue {
  readonly waiting: Waiting[]
  /** Where the last of it ends in virtual time. */
  end: number
  seats: number
}

/** A place in a queue: `leave` gives it up, and says whether it was still there. */
export interface Place {
  readonly leave: () => boolean
}

export type Entry =
  /** It has its seats: `release` gives them back, once. */
  | { readonly type: "seated"; readonly release: () => void }
  | { readonly type: "queued"; readonly place: Place }
  | { readonly type: "full" }

const emptyQueues = (count: number): Queue[] =>
  Array.from({ length: count }, () => ({ waiting: [], end: 0, seats: 0 }))

export class QueueSet implements SeatHolder {
  readonly #pool: SeatPool
  /** Called when seats were given back, after this level has taken what it could. */
  readonly #freed: () => void
  #level: PriorityLevel
  #queues: Queue[]
  #inUse = 0
  #waiting = 0
  #virtual = 0

  constructor(
    level: PriorityLevel,
    { pool, freed }: { readonly pool: SeatPool; readonly freed: () => void },
  ) {
    this.#level = level
    this.#pool = pool
    this.#freed = freed
    this.#queues = emptyQueues(level.queuing?.queues ?? 0)
  }

  get level(): PriorityLevel {
    return this.#level
  }

  get inUse(): number {
    return this.#inUse
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Goes on with another configuration; who waits keeps waiting, in the order of their turns. */
  configure(level: PriorityLevel): void {
    const before = this.#level.queuing
    this.#level = level
    const count = level.queuing?.queues ?? 1
    if (before?.queues === count) return
    const moved = this.#queues.flatMap(({ waiting }) => waiting).sort((a, b) => a.start - b.start)
    this.#queues = emptyQueues(count)
    this.#waiting = 0
    for (const request of moved)
      this.#stand(request, level.queuing ?? { queues: 1, handSize: 1, queueLengthLimit: 0 })
  }

  /** Takes seats, or a place in a queue: `begin` is then called when its turn comes. */
  enter(request: FlowRequest, begin: (release: () => void) => void): Entry {
    const seats = Math.min(request.seats, this.#pool.nominal(this))
    if (this.#waiting === 0 && this.#pool.mayTake(this, seats)) {
      return { type: "seated", release: this.#take(seats) }
    }
    const { queuing } = this.#level
    if (queuing === undefined) return { type: "full" }
    const waiting: Waiting = { flow: request.flow, seats, start: 0, begin }
    const queue = this.#shortest(request.flow, queuing)
    if (queue === undefined || queue.waiting.length >= queuing.queueLengthLimit) return { type: "full" }
    this.#append(queue, waiting)
    return { type: "queued", place: { leave: () => this.#leave(waiting) } }
  }

  #shortest(flow: string, { queues, handSize }: Queuing): Queue | undefined {
    let shortest: Queue | undefined
    for (const index of dealHand(flow, queues, handSize)) {
      const queue = this.#queues[index]
      if (queue !== undefined && (shortest === undefined || queue.seats < shortest.seats)) shortest = queue
    }
    return shortest
  }

  #stand(request: Waiting, queuing: Queuing): void {
    const queue = this.#shortest(request.flow, queuing)
    if (queue !== undefined) this.#append(queue, request)
  }

  #append(queue: Queue, request: Waiting): void {
    request.start = Math.max(this.#virtual, queue.end)
    queue.end = request.start + request.seats
    queue.seats += request.seats
    queue.waiting.push(request)
    this.#waiting++
  }

  #leave(request: Waiting): boolean {
    for (const queue of this.#queues) {
      const index = queue.waiting.indexOf(request)
      if (index < 0) continue
      queue.waiting.splice(index, 1)
      queue.seats -= request.seats
      this.#waiting--
      this.dispatch()
      return true
    }
    return false
  }

  #take(seats: number): () => void {
    this.#inUse += seats
    let held = seats
    return () => {
      if (held === 0) return
      this.#inUse -= held
      held = 0
      this.dispatch()
      this.#freed()
    }
  }

  #next(): Queue | undefined {
    let next: Queue | undefined
    for (const queue of this.#queues) {
      const [head] = queue.waiting
      const best = next?.waiting[0]
      if (head !== undefined && (best === undefined || head.start < best.start)) next = queue
    }
    return next
  }

  /** Seats whoever's turn it is while there are seats. The next one is waited for, even where a smaller one would fit. */
  dispatch(): void {
    while (this.#waiting > 0) {
      const queue = this.#next()
      const [head] = queue?.waiting ?? []
      if (queue === undefined || head === undefined || !this.#pool.mayTake(this, head.seats)) return
      queue.waiting.shift()
      queue.seats -= head.seats
      this.#waiting--
      this.#virtual = head.start
      head.begin(this.#take(head.seats))
    }
    if (this.#inUse > 0) return
    this.#virtual = 0
    for (const queue of this.#queues) queue.end = 0
  }
}
