/** Long lists: what waits for a peer that reads slowly is bounded, whatever the form, and others are answered meanwhile. */
import { setImmediate as nextRound } from "node:timers/promises"
import { gunzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { parse } from "yaml"
import type { JsonObject } from "../schemas/index.ts"
import type { ApiRequest, ResponseSink } from "./exchange.ts"
import { limits } from "./limits.ts"
import { admin, configMap, configMaps, type World, withServer } from "./test-world.ts"

const objects = 200
const objectBytes = 10_000

/** A peer that takes what it is sent when it is told to. */
class SlowPeer implements ResponseSink {
  readonly #waiting: Uint8Array[] = []
  readonly #taken: Buffer[] = []
  #wake: Array<() => void> = []
  pending = 0
  /** The most that has waited. */
  most = 0
  ended = false
  headers: { readonly [name: string]: string } = {}

  head(_status: number, headers: { readonly [name: string]: string }): void {
    this.headers = headers
  }

  write(chunk: Uint8Array): boolean {
    this.#waiting.push(chunk)
    this.pending += chunk.length
    this.most = Math.max(this.most, this.pending)
    return false
  }

  drained(): Promise<void> {
    return this.pending === 0 ? Promise.resolve() : new Promise((resolve) => this.#wake.push(resolve))
  }

  end(chunk?: Uint8Array): void {
    if (chunk !== undefined) this.write(chunk)
    this.ended = true
  }

  /** Copies late: bytes that were written over before they were taken are wrong here. */
  take(): void {
    for (const chunk of this.#waiting.splice(0)) this.#taken.push(Buffer.from(chunk))
    this.pending = 0
    for (const wake of this.#wake.splice(0)) wake()
  }

  get body(): Buffer {
    return Buffer.concat(this.#taken)
  }
}

/** A peer whose writes are done with once nothing waits. */
class LendingPeer extends SlowPeer {
  lend(chunk: Uint8Array): boolean {
    return this.write(chunk)
  }
}

const fill = async (world: World): Promise<void> => {
  for (let n = 0; n < objects; n++) {
    const text = `${n} `.repeat(objectBytes).slice(0, objectBytes)
    const labels = { half: n % 2 === 0 ? "even" : "odd" }
    await world.post(
      configMaps,
      configMap(`c${String(n).padStart(4, "0")}`, { k: String(n), text }, { labels }),
    )
  }
}

const ask = (
  world: World,
  path: string,
  peer: SlowPeer,
  headers: ApiRequest["headers"] = {},
): Promise<void> => {
  const { signal } = new AbortController()
  return world.server.handle(
    { method: "GET", url: path, headers, body: new Uint8Array(), user: admin, signal },
    peer,
  )
}

const rest = async (rounds = 50): Promise<void> => {
  for (let round = 0; round < rounds; round++) await nextRound()
}

const table = "application/json;as=Table;v=v1;g=meta.k8s.io"
const partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
const forms: ReadonlyArray<readonly [string, string, ApiRequest["headers"], "items" | "rows", number]> = [
  ["JSON", "", {}, "items", objects],
  ["a selection", "?labelSelector=half%3Dodd", {}, "items", objects / 2],
  ["a page", "?limit=150", {}, "items", 150],
  ["parts", "?fields=data.text", {}, "items", objects],
  ["a Table with its objects", "?includeObject=Object", { accept: table }, "rows", objects],
  ["a Table", "", { accept: table }, "rows", objects],
  ["metadata", "", { accept: partial }, "items", objects],
  ["indented JSON", "?pretty=true", {}, "items", objects],
  ["YAML", "?limit=30", { accept: "application/yaml" }, "items", 30],
  ["gzip", "", { "accept-encoding": "gzip" }, "items", objects],
]

/** One chunk waits for the peer and the next is put together: more of a list is nowhere. */
const boundOf = (headers: ApiRequest["headers"]): number =>
  headers["accept-encoding"] === "gzip"
    ? 2 * limits.streamChunkBytes + limits.gzipChunkBytes
    : limits.streamChunkBytes

test.each(forms)("%s: a list waits for its peer, and arrives whole", (_, query, headers, field, count) =>
  withServer(async (world) => {
    await fill(world)
    const peers = [new SlowPeer(), new LendingPeer(), new LendingPeer()]
    const answered = Promise.all(peers.map((peer) => ask(world, `${configMaps}${query}`, peer, headers)))
    await rest()
    for (let round = 0; peers.some((peer) => !peer.ended || peer.pending > 0); round++) {
      expect(round).toBeLessThan(10_000)
      // Of three readers at most one is served in a round: the others' chunks lie there meanwhile.
      peers[round % peers.length]?.take()
      await nextRound()
    }
    await answered
    for (const peer of peers) {
      expect(peer.most).toBeLessThanOrEqual(boundOf(headers))
      const body = headers["accept-encoding"] === "gzip" ? gunzipSync(peer.body) : peer.body
      const list: JsonObject =
        headers.accept === "application/yaml" ? parse(body.toString()) : JSON.parse(body.toString())
      const items = list[field] as unknown as ReadonlyArray<unknown>
      expect(items).toHaveLength(count)
      expect(
        body.equals(
          headers["accept-encoding"] === "gzip" ? gunzipSync(peers[0]?.body ?? "") : (peers[0]?.body ?? body),
        ),
      ).toBe(true)
    }
  })(),
)

test(
  "a list whose peer does not read at all holds one chunk, and lets go when the peer is gone",
  withServer(async (world) => {
    await fill(world)
    const peer = new LendingPeer()
    const gone = new AbortController()
    const request = { method: "GET", url: configMaps, headers: {}, body: new Uint8Array(), user: admin }
    const answered = world.server.handle({ ...request, signal: gone.signal }, peer)
    await rest(500)
    expect([peer.most, peer.ended]).toEqual([limits.streamChunkBytes, false])
    gone.abort()
    let over = false
    void answered.then(() => {
      over = true
    })
    for (let round = 0; round < 100 && !over; round++) {
      peer.take()
      await nextRound()
    }
    expect(over).toBe(true)
    expect(peer.body.length).toBeLessThan(3 * limits.turnBytes)
  }),
)

test(
  "an object is read while many long lists are written to peers that take everything at once",
  withServer(async (world) => {
    await fill(world)
    class QuickPeer extends SlowPeer {
      override write(chunk: Uint8Array): boolean {
        super.write(chunk)
        this.take()
        return true
      }
    }
    const peers = Array.from({ length: 10 }, () => new QuickPeer())
    const answered = peers.map((peer) => ask(world, configMaps, peer))
    await rest(5)
    const { status } = await world.get(`${configMaps}/c0000`)
    expect([status, peers.filter((peer) => peer.ended)]).toEqual([200, []])
    await Promise.all(answered)
  }),
)

test(
  "a list is of one moment, though it is written to while it is sent",
  withServer(async (world) => {
    await fill(world)
    const peer = new SlowPeer()
    const answered = ask(world, configMaps, peer)
    await rest(5)
    await world.patch(`${configMaps}/c0199`, "merge", { data: { k: "later" } })
    await world.delete(`${configMaps}/c0198`)
    while (!peer.ended || peer.pending > 0) {
      peer.take()
      await nextRound()
    }
    await answered
    const { items } = JSON.parse(peer.body.toString()) as { items: ReadonlyArray<{ data: { k: string } }> }
    expect(items.map(({ data }) => data.k)).toEqual(Array.from({ length: objects }, (_, n) => String(n)))
  }),
)

test(
  "a watch opens no faster than its peer reads",
  withServer(async (world) => {
    await fill(world)
    const peer = new SlowPeer()
    const gone = new AbortController()
    const request = { method: "GET", headers: {}, body: new Uint8Array(), user: admin, signal: gone.signal }
    const answered = world.server.handle({ ...request, url: `${configMaps}?watch=true` }, peer)
    await rest(500)
    expect(peer.most).toBeLessThanOrEqual(limits.streamAheadBytes + limits.turnBytes + 2 * objectBytes)
    for (let lines = 0; lines < objects; lines = peer.body.toString().split("\n").length - 1) {
      peer.take()
      await nextRound()
    }
    gone.abort()
    await answered
  }),
)
