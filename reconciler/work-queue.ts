/**
 * A set of keys that want work. Start with {@link WorkQueue}.
 *
 * Plain and synchronous; time comes in as milliseconds. The Effect side is in `request-queue.ts`.
 */
import { DeadlineHeap } from "./deadline-heap.ts"
import { fairShare } from "./limits.ts"
import { Line } from "./line.ts"

export type EntryState = "ready" | "held" | "delayed"

/** Which ready key comes first. Source: controller-runtime's priority queue, which gives what a first list brings a lower one. */
export type Priority = "high" | "normal" | "low"
const priorities: ReadonlyArray<Priority> = ["high", "normal", "low"]
const rank = { high: 0, normal: 1, low: 2 }

/** One key as an operator sees it. */
export interface QueuedKey {
  readonly key: string
  readonly state: EntryState
  /** How long it has been in this state. */
  readonly ageMs: number
  /** Failures since the last success. */
  readonly attempts: number
  /** Held, and wanted again. */
  readonly dirty: boolean
  readonly priority: Priority
  /** When a delayed key becomes ready, as the queue's clock tells time. */
  readonly nextTryMs?: number
}

interface Entry {
  readonly key: string
  /** idle: kept only for its count of failures, or its deadline. */
  state: "idle" | "ready" | "held"
  since: number
  dirty: boolean
  attempts: number
  due: number | undefined
  /** The highest with which it is wanted. */
  priority: Priority
}

const standsIn = (priority: Priority) => (entry: Entry) =>
  entry.state === "ready" && entry.priority === priority
const stands = { high: standsIn("high"), normal: standsIn("normal"), low: standsIn("low") }

/** Overtaken delays that are kept before they are dropped at once. */
const compactAt = 1024

/**
 * Guarantees: a key is in at most once, and held by at most one worker; a key added while it is held is ready again as soon as
 * it is done; of several delays the earliest counts; ready keys come out by priority, and of one priority in the order in which
 * they became ready, but one in {@link fairShare} is the one that has waited longest, so that none waits for ever; nothing is
 * dropped.
 */
export class WorkQueue {
  readonly #entries = new Map<string, Entry>()
  #delays = new DeadlineHeap<Entry>()
  readonly #lines = { high: new Line<Entry>(), normal: new Line<Entry>(), low: new Line<Entry>() }
  #depth = 0
  #taken = 0

  /** Ready keys. */
  get depth(): number {
    return this.#depth
  }

  /** Wants the key now. False when that was so already. */
  add(key: string, now: number, priority: Priority = "normal"): boolean {
    const entry = this.#entry(key, now)
    entry.due = undefined
    const isRaised = rank[priority] < rank[entry.priority]
    if (entry.state === "ready") {
      // It stands in both lines, and the lower one passes over it.
      if (isRaised) {
        entry.priority = priority
        this.#lines[priority].push(entry)
      }
      return false
    }
    if (entry.state === "held") {
      const wasDirty = entry.dirty
      if (!wasDirty || isRaised) entry.priority = priority
      entry.dirty = true
      return !wasDirty
    }
    entry.priority = priority
    this.#makeReady(entry, now)
    return true
  }

  /** Wants the key at a time, with the priority that it had. It makes no difference to a key that is wanted sooner. */
  addAt(key: string, due: number, now: number): void {
    if (due <= now) {
      this.add(key, now, this.#entries.get(key)?.priority)
      return
    }
    const entry = this.#entry(key, now)
    if (entry.state === "ready" || entry.dirty) return
    if (entry.due !== undefined && entry.due <= due) return
    entry.due = due
    this.#delays.push(due, entry)
    if (this.#delays.size > compactAt && this.#delays.size > 2 * this.#entries.size) this.#dropStaleDelays()
  }

  /** The earliest time at which a delayed key becomes ready. */
  nextDeadline(): number | undefined {
    for (let top = this.#delays.peek(); top !== undefined; top = this.#delays.peek()) {
      if (top.value.due === top.due) return top.due
      this.#delays.pop()
    }
    return undefined
  }

  /** Makes ready what is due; says how many keys that were. */
  advance(now: number): number {
    let readied = 0
    for (let due = this.nextDeadline(); due !== undefined && due <= now; due = this.nextDeadline()) {
      const top = this.#delays.pop()
      if (top !== undefined && this.add(top.value.key, now, top.value.priority)) readied += 1
    }
    return readied
  }

  /** The next ready key, held from now on; with how long it waited. */
  take(now: number): { readonly key: string; readonly waitedMs: number } | undefined {
    const entry = this.#next()
    if (entry === undefined) return undefined
    this.#depth -= 1
    this.#taken += 1
    const waitedMs = now - entry.since
    entry.state = "held"
    entry.since = now
    return { key: entry.key, waitedMs }
  }

  /** Lets go of a held key. True when it is ready again at once. */
  done(key: string, now: number): boolean {
    const entry = this.#entries.get(key)
    if (entry?.state !== "held") return false
    const { dirty } = entry
    entry.dirty = false
    if (dirty) {
      this.#makeReady(entry, now)
      return true
    }
    entry.state = "idle"
    entry.since = now
    this.#tidy(entry)
    return false
  }

  /** Counts a failure of the key; says how many that makes since the last success. */
  failed(key: string, now: number): number {
    const entry = this.#entry(key, now)
    entry.attempts += 1
    return entry.attempts
  }

  /** The key succeeded: its failures are forgotten. */
  forget(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.attempts = 0
    this.#tidy(entry)
  }

  /** Forgets the key's failures and wants it before all others, now. False when it was ready already. */
  now(key: string, now: number): boolean {
    const entry = this.#entry(key, now)
    entry.attempts = 0
    return this.add(key, now, "high")
  }

  attempts(key: string): number {
    return this.#entries.get(key)?.attempts ?? 0
  }

  /** Everything that is wanted or held. */
  contents(now: number): ReadonlyArray<QueuedKey> {
    const keys: Array<QueuedKey> = []
    for (const { key, state, since, attempts, dirty, due, priority } of this.#entries.values()) {
      const shown: EntryState = state === "idle" ? "delayed" : state
      const nextTry = due === undefined ? {} : { nextTryMs: due }
      if (state === "idle" && due === undefined) continue
      keys.push({ key, state: shown, ageMs: now - since, attempts, dirty, priority, ...nextTry })
    }
    return keys
  }

  #entry(key: string, now: number): Entry {
    const found = this.#entries.get(key)
    if (found !== undefined) return found
    const entry: Entry = {
      key,
      state: "idle",
      since: now,
      dirty: false,
      attempts: 0,
      due: undefined,
      priority: "normal",
    }
    this.#entries.set(key, entry)
    return entry
  }

  #makeReady(entry: Entry, now: number): void {
    entry.state = "ready"
    entry.since = now
    this.#lines[entry.priority].push(entry)
    this.#depth += 1
  }

  /** The first of the highest line; each so many times the first of the line whose first has waited longest. */
  #next(): Entry | undefined {
    const isFairTurn = this.#taken % fairShare === fairShare - 1
    let chosen: Entry | undefined
    for (const priority of priorities) {
      const first = this.#lines[priority].peek(stands[priority])
      if (first === undefined) continue
      if (chosen === undefined || (isFairTurn && first.since < chosen.since)) chosen = first
      if (!isFairTurn) break
    }
    if (chosen === undefined) return undefined
    this.#lines[chosen.priority].shift()
    return chosen
  }

  /** A delay that was overtaken stays in the heap until its time: often moved keys would fill it. */
  #dropStaleDelays(): void {
    this.#delays = new DeadlineHeap()
    for (const entry of this.#entries.values()) {
      if (entry.due !== undefined) this.#delays.push(entry.due, entry)
    }
  }

  /** An entry that says nothing is given back. */
  #tidy(entry: Entry): void {
    if (entry.state === "idle" && entry.attempts === 0 && entry.due === undefined) {
      this.#entries.delete(entry.key)
    }
  }
}
