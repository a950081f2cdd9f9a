/**
 * Every commit of an etcd after a position, through broken streams: etcd's raw watch stream, resumed from the last
 * revision that was delivered. (etcd3's own Watcher resumes from the server's revision, and loses what lies between.)
 *
 * 1. A stream is asked for from the position itself, whose events are then dropped: etcd 3.4 may have forgotten a
 *    deletion at exactly its compacted revision, so the position must lie after it for the next event to be the next.
 * 2. Whatever breaks, the position stands; the next stream begins there, after a delay that grows.
 * 3. Before it does, etcd is asked for its revision: one below the position means that etcd was restored from a
 *    backup, and the position is from a history that no longer is.
 * 4. A stream that hears nothing is compared with etcd's revision now and then: it may be half-open, or come from a
 *    member that is cut off from the others.
 */
import type { IWatchResponse } from "etcd3"
import { compacted } from "../replay.ts"
import { isStoreError, type Revision, StoreError } from "../store.ts"
import type { StoreTimer } from "../timer.ts"
import type { Commit } from "../watcher.ts"
import { backoffMs, passed } from "./backoff.ts"
import { CommitAssembler } from "./commits.ts"
import type { EtcdConnection } from "./connection.ts"
import { watchCheckMs, watchCreateTimeoutMs } from "./limits.ts"

/** What a feed needs of a connection. */
export type FeedSource = Pick<EtcdConnection, "openWatch" | "newestRevision" | "rewind" | "moveOn">

export interface FeedOptions {
  readonly connection: FeedSource
  readonly timer: StoreTimer
  /** The revision to begin after. */
  readonly position: Revision
  readonly deliver: (commits: ReadonlyArray<Commit>) => void
  /** The feed is over with `Compacted`: its history is forgotten. */
  readonly lost: (error: StoreError) => void
  /** Told of each passing fault. */
  readonly onFault: (error: StoreError) => void
}

export class EtcdFeed {
  readonly #options: FeedOptions
  #position: Revision
  /** Breaks the stream that is followed now: from then on it is heard no more. */
  #breakStream: ((cause: unknown) => void) | undefined
  readonly #closed = new AbortController()
  #responses = 0

  constructor(options: FeedOptions) {
    this.#options = options
    this.#position = options.position
    void this.#run()
  }

  /** Every commit up to and including this revision has been delivered. */
  get position(): Revision {
    return this.#position
  }

  close(): void {
    this.#closed.abort()
    this.#breakStream?.(new Error("the feed is closed"))
  }

  async #run(): Promise<void> {
    const { timer, lost, onFault } = this.#options
    let failures = 0
    while (!this.#closed.signal.aborted) {
      const responsesBefore = this.#responses
      try {
        if (failures > 0) await this.#assertSameHistory()
        await this.#follow()
      } catch (cause) {
        if (this.#closed.signal.aborted) return
        if (isStoreError(cause, "Compacted")) {
          this.close()
          lost(cause)
          return
        }
        if (isStoreError(cause, "Closed")) return
        failures = this.#responses > responsesBefore ? 1 : failures + 1
        onFault(faultOf(cause))
        await passed(timer, backoffMs(failures - 1), this.#closed.signal)
      }
    }
  }

  async #assertSameHistory(): Promise<void> {
    const { connection } = this.#options
    const newest = await connection.newestRevision()
    if (newest >= this.#position) return
    connection.rewind(newest)
    throw compacted("history", newest + 1n, new Error(`etcd went back from ${this.#position} to ${newest}`))
  }

  /** Follows one stream until it breaks, which is the only way it ends: it rejects. */
  async #follow(): Promise<never> {
    const { connection, timer } = this.#options
    const stream = await connection.openWatch()
    const assembler = new CommitAssembler(this.#position)
    let stopTimer = () => {}
    try {
      return await new Promise<never>((_, reject) => {
        const breakStream = (cause: unknown) => {
          if (this.#breakStream === breakStream) this.#breakStream = undefined
          reject(cause)
        }
        this.#breakStream = breakStream
        if (this.#closed.signal.aborted) breakStream(new Error("the feed is closed"))
        const late = () =>
          breakStream(new Error(`etcd did not confirm a watch within ${watchCreateTimeoutMs} ms`))
        stopTimer = timer.after(watchCreateTimeoutMs, late)
        stream.on("error", breakStream)
        stream.on("end", () => breakStream(new Error("etcd ended the watch stream")))
        stream.on("data", (response) => {
          if (this.#breakStream !== breakStream) return
          this.#responses++
          if (response.created && !response.canceled) {
            stopTimer()
            stopTimer = this.#checkNowAndThen(breakStream)
          }
          try {
            this.#take(response, assembler)
          } catch (error) {
            breakStream(error)
          }
        })
        stream.write({ create_request: this.#createRequest() })
      })
    } finally {
      stopTimer()
      stream.cancel()
    }
  }

  #createRequest() {
    const everyKey = Buffer.from("\0")
    const start_revision = String(this.#position < 1n ? 1n : this.#position)
    return { key: everyKey, range_end: everyKey, start_revision, prev_kv: true, fragment: true }
  }

  #take(response: IWatchResponse, assembler: CommitAssembler): void {
    if (response.canceled) {
      const compactRevision = BigInt(response.compact_revision)
      if (compactRevision > 0n) throw compacted("history", compactRevision + 1n)
      throw new Error(`etcd canceled a watch: ${response.cancel_reason || "no reason given"}`)
    }
    const commits = assembler.take(response)
    const last = commits.at(-1)
    if (last === undefined || this.#closed.signal.aborted) return
    this.#position = last.revision
    this.#options.deliver(commits)
  }

  /** Breaks a stream that hears nothing although etcd has gone on. */
  #checkNowAndThen(breakStream: (cause: unknown) => void): () => void {
    const { connection, timer } = this.#options
    let cancel = () => {}
    const check = async (owed: Revision, responses: number): Promise<void> => {
      if (this.#responses === responses && this.#position < owed) {
        connection.moveOn()
        breakStream(new Error(`a watch at ${this.#position} heard nothing although etcd is at ${owed}`))
        return
      }
      const heard = this.#responses
      const newest = await connection.newestRevision().catch(() => this.#position)
      if (this.#breakStream === breakStream)
        cancel = timer.after(watchCheckMs, () => void check(newest, heard))
    }
    cancel = timer.after(watchCheckMs, () => void check(this.#position, this.#responses))
    return () => cancel()
  }
}

const faultOf = (cause: unknown): StoreError =>
  cause instanceof StoreError
    ? cause
    : new StoreError("Unavailable", "watch", {
        cause,
        message: `the watch of etcd broke and will resume: ${cause instanceof Error ? cause.message : String(cause)}`,
      })
