import type { IWatchRequest, IWatchResponse } from "etcd3"
import { afterEach, describe, expect, it } from "vitest"
import { ManualTimer } from "../conformance/manual-timer.ts"
import type { StoreError } from "../store.ts"
import type { Commit } from "../watcher.ts"
import type { WatchStream } from "./connection.ts"
import { EtcdFeed, type FeedSource } from "./feed.ts"
import { watchCheckMs, watchCreateTimeoutMs } from "./limits.ts"

type Listeners = { data: (response: IWatchResponse) => void; error: (error: Error) => void; end: () => void }

/** A watch stream whose answers the test gives. */
class ScriptedStream implements WatchStream {
  readonly requests: Array<IWatchRequest> = []
  cancelled = false
  readonly #listeners: Partial<Listeners> = {}

  on(event: keyof Listeners, listener: Listeners[keyof Listeners]): void {
    Object.assign(this.#listeners, { [event]: listener })
  }
  write(request: IWatchRequest): void {
    this.requests.push(request)
  }
  cancel(): void {
    this.cancelled = true
  }

  answer(response: Partial<IWatchResponse>): void {
    this.#listeners.data?.({
      header: { cluster_id: "1", member_id: "1", revision: "1", raft_term: "1" },
      watch_id: "0",
      created: false,
      canceled: false,
      compact_revision: "0",
      cancel_reason: "",
      fragment: false,
      events: [],
      ...response,
    })
  }
  break(): void {
    this.#listeners.error?.(new Error("connection reset"))
  }
  get startRevision(): unknown {
    return this.requests[0]?.create_request?.start_revision
  }
}

/** A feed on scripted streams; time stands still unless moved. */
const scriptedFeed = (position: bigint) => {
  const timer = new ManualTimer()
  const streams: Array<ScriptedStream> = []
  const server = { newest: position, movedOn: 0, rewoundTo: undefined as bigint | undefined }
  const connection: FeedSource = {
    openWatch: async () => {
      const stream = new ScriptedStream()
      streams.push(stream)
      return stream
    },
    newestRevision: async () => server.newest,
    rewind: (revision) => {
      server.rewoundTo = revision
    },
    moveOn: () => {
      server.movedOn++
    },
  }
  const delivered: Array<Commit> = []
  const lost: Array<StoreError> = []
  const faults: Array<StoreError> = []
  const feed = new EtcdFeed({
    connection,
    timer,
    position,
    deliver: (commits) => delivered.push(...commits),
    lost: (error) => lost.push(error),
    onFault: (error) => faults.push(error),
  })
  /** The stream of this number, once the feed has opened it; time moves on meanwhile. */
  const stream = async (number: number): Promise<ScriptedStream> => {
    for (let turn = 0; turn < 100; turn++) {
      const opened = streams[number]
      if (opened !== undefined && opened.requests.length > 0) return opened
      await settle()
      timer.advance(100)
    }
    throw new Error(`the feed opened no stream ${number}`)
  }
  return { feed, timer, server, stream, streams, delivered, lost, faults }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

const put = (key: string, revision: number, previousRevision?: number) => {
  const kv = (mod: number) => ({
    key: Buffer.from(key),
    value: Buffer.from(`${key}@${mod}`),
    create_revision: String(previousRevision ?? revision),
    mod_revision: String(mod),
    version: "1",
    lease: "0",
  })
  const none: unknown = null
  const prev_kv = previousRevision === undefined ? (none as ReturnType<typeof kv>) : kv(previousRevision)
  return { type: "Put" as const, kv: kv(revision), prev_kv }
}

const remove = (key: string, revision: number, previousRevision?: number) => {
  const event = put(key, revision, previousRevision)
  return {
    ...event,
    type: "Delete" as const,
    kv: { ...event.kv, create_revision: "0", value: Buffer.alloc(0) },
  }
}

const revisions = (commits: ReadonlyArray<Commit>) => commits.map(({ revision }) => Number(revision))

describe("a feed of etcd", () => {
  let scripted: ReturnType<typeof scriptedFeed>
  afterEach(() => scripted.feed.close())

  it("asks for its own position, and drops what that one holds", async () => {
    scripted = scriptedFeed(7n)
    const stream = await scripted.stream(0)
    expect(stream.startRevision).toBe("7")
    stream.answer({ created: true })
    stream.answer({ events: [put("/a", 7), put("/b", 8)] })
    expect(revisions(scripted.delivered)).toEqual([8])
  })

  it("begins where it stopped after a broken stream, whatever revision etcd is at", async () => {
    scripted = scriptedFeed(1n)
    const first = await scripted.stream(0)
    first.answer({ created: true })
    first.answer({ events: [put("/a", 2), put("/b", 3)] })
    scripted.server.newest = 1_000n
    first.break()
    const second = await scripted.stream(1)
    expect(second.startRevision).toBe("3")
    second.answer({
      created: true,
      header: { cluster_id: "", member_id: "", revision: "1000", raft_term: "" },
    })
    second.answer({ events: [put("/b", 3), put("/c", 4)] })
    expect(revisions(scripted.delivered)).toEqual([2, 3, 4])
    expect(scripted.faults.map(({ reason }) => reason)).toEqual(["Unavailable"])
  })

  it("holds back a revision that fragments may yet continue, and gives it whole", async () => {
    scripted = scriptedFeed(1n)
    const stream = await scripted.stream(0)
    stream.answer({ created: true })
    stream.answer({ events: [put("/a", 2), put("/b", 3)], fragment: true })
    expect(revisions(scripted.delivered)).toEqual([2])
    stream.answer({ events: [put("/c", 3)], fragment: true })
    stream.answer({ events: [put("/d", 4)] })
    expect(scripted.delivered.map(({ events }) => events.map(({ kv }) => kv.key))).toEqual([
      ["/a"],
      ["/b", "/c"],
      ["/d"],
    ])
  })

  it("repeats nothing and loses nothing when it breaks between two fragments of a revision", async () => {
    scripted = scriptedFeed(1n)
    const first = await scripted.stream(0)
    first.answer({ created: true })
    first.answer({ events: [put("/a", 2), put("/b", 3)], fragment: true })
    scripted.server.newest = 3n
    first.break()
    const second = await scripted.stream(1)
    expect(second.startRevision).toBe("2")
    second.answer({ events: [put("/a", 2), put("/b", 3), put("/c", 3)] })
    expect(scripted.delivered.map(({ events }) => events.length)).toEqual([1, 2])
  })

  it("is lost with Compacted, and the oldest revision left, when etcd says so", async () => {
    scripted = scriptedFeed(5n)
    const stream = await scripted.stream(0)
    stream.answer({ created: true })
    stream.answer({ canceled: true, compact_revision: "20" })
    await settle()
    expect(scripted.lost.map((error) => [error.reason, error.compactRevision])).toEqual([["Compacted", 21n]])
    expect(stream.cancelled).toBe(true)
  })

  it("is lost with Compacted when the last bytes of a deletion are forgotten", async () => {
    scripted = scriptedFeed(5n)
    const stream = await scripted.stream(0)
    stream.answer({ events: [remove("/a", 6)] })
    stream.answer({ events: [put("/b", 7)] })
    await settle()
    expect(scripted.lost.map(({ reason }) => reason)).toEqual(["Compacted"])
    expect(scripted.delivered).toEqual([])
  })

  it("is lost with Compacted when etcd has gone back to before its position", async () => {
    scripted = scriptedFeed(500n)
    const stream = await scripted.stream(0)
    stream.answer({ created: true })
    scripted.server.newest = 400n
    stream.break()
    for (let turn = 0; turn < 10; turn++) {
      await settle()
      scripted.timer.advance(100)
    }
    expect(scripted.lost.map(({ reason }) => reason)).toEqual(["Compacted"])
    expect(scripted.server.rewoundTo).toBe(400n)
  })

  it("takes any other cancellation for a fault, and resumes", async () => {
    scripted = scriptedFeed(5n)
    const first = await scripted.stream(0)
    first.answer({ canceled: true, cancel_reason: "etcdserver: no leader" })
    const second = await scripted.stream(1)
    expect(second.startRevision).toBe("5")
    expect(scripted.lost).toEqual([])
  })

  it("opens another stream when one is not confirmed in time", async () => {
    scripted = scriptedFeed(5n)
    const first = await scripted.stream(0)
    scripted.timer.advance(watchCreateTimeoutMs)
    await scripted.stream(1)
    expect(first.cancelled).toBe(true)
  })

  it("leaves a stream that is silent although etcd has gone on, for another endpoint", async () => {
    scripted = scriptedFeed(5n)
    const first = await scripted.stream(0)
    first.answer({ created: true })
    scripted.server.newest = 6n
    scripted.timer.advance(watchCheckMs)
    await settle()
    expect(first.cancelled).toBe(false)
    scripted.timer.advance(watchCheckMs)
    await settle()
    expect(scripted.server.movedOn).toBe(1)
    await scripted.stream(1)
    expect(first.cancelled).toBe(true)
  })

  it("keeps a stream that is silent because nothing happens", async () => {
    scripted = scriptedFeed(5n)
    const first = await scripted.stream(0)
    first.answer({ created: true })
    for (let check = 0; check < 5; check++) {
      scripted.timer.advance(watchCheckMs)
      await settle()
    }
    expect(scripted.streams.length).toBe(1)
  })

  it("tells nothing after it was closed", async () => {
    scripted = scriptedFeed(1n)
    const stream = await scripted.stream(0)
    stream.answer({ created: true })
    scripted.feed.close()
    stream.answer({ events: [put("/a", 2)] })
    stream.break()
    await settle()
    scripted.timer.advance(60_000)
    await settle()
    expect(scripted.delivered).toEqual([])
    expect(scripted.streams.length).toBe(1)
  })
})
