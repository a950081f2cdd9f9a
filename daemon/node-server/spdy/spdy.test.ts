import { duplexPair, Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { controlFrame, makeBlockWriter, plainBlock, SpdyClient } from "../testing/spdy-client.ts"
import { dataFrame, type Frame, pingFrame, readFrames } from "./frame.ts"
import { makeHeaderReader } from "./header-block.ts"
import { type SpdyStream, serveSpdy } from "./index.ts"
import { limits } from "./limits.ts"

const framesIn = async (bytes: Buffer, cuts: ReadonlyArray<number>): Promise<ReadonlyArray<Frame>> => {
  const at = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
  const frames: Frame[] = []
  for await (const frame of readFrames(Readable.from(chunks.filter((chunk) => chunk.length > 0)))) {
    frames.push(frame)
  }
  return frames
}

const tell = (frame: Frame): unknown =>
  frame.type === "data" ? { ...frame, payload: frame.payload.toString("hex") } : frame

describe("frames", () => {
  test("are the same however the bytes are cut", async () => {
    const frame = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.uint8Array({ maxLength: 40 }), fc.boolean())
      .map(([stream, payload, fin]) => dataFrame(stream, payload, fin))
    const bytes = fc.array(fc.oneof(frame, fc.nat(99).map(pingFrame)), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(bytes, fc.array(fc.nat(), { maxLength: 12 }), async (parts, cuts) => {
        const all = Buffer.concat(parts)
        const whole = await framesIn(all, [])
        expect(whole).toHaveLength(parts.length)
        expect((await framesIn(all, cuts)).map(tell)).toEqual(whole.map(tell))
      }),
      { numRuns: 100 },
    )
  })

  test.each([
    ["larger than is taken", Buffer.from([0, 0, 0, 1, 0, 0xff, 0xff, 0xff])],
    ["of another version", Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0])],
    ["too short for what they are", controlFrame(1, Buffer.alloc(2))],
  ])("that are %s are refused", async (_name, bytes) => {
    await expect(framesIn(bytes, [])).rejects.toMatchObject({ _tag: "SpdyError" })
  })
})

describe("header blocks", () => {
  test("are read in the order of the wire, with what earlier ones taught", async () => {
    const write = makeBlockWriter()
    const reader = makeHeaderReader()
    for (const headers of [{ Streamtype: "error", port: "80" }, { streamtype: "data" }, {}]) {
      const read = await reader.read(await write(plainBlock(headers)))
      const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
      expect([...read]).toEqual(lower)
    }
    reader.close()
  })

  test.each([
    ["inflate to more than is taken", plainBlock({ a: "x".repeat(1_000_000) })],
    ["have more headers than are taken", Buffer.from([0, 1, 0, 0])],
    ["end too soon", plainBlock({ a: "bcd" }).subarray(0, 12)],
  ])("that %s are refused", async (_name, block) => {
    const reader = makeHeaderReader()
    const compressed = await makeBlockWriter()(block)
    await expect(reader.read(compressed)).rejects.toMatchObject({ _tag: "SpdyError" })
    reader.close()
  })

  test("that are no zlib are refused, and so is all after them", async () => {
    const reader = makeHeaderReader()
    await expect(reader.read(Buffer.from("hello"))).rejects.toMatchObject({ _tag: "SpdyError" })
    await expect(reader.read(await makeBlockWriter()(plainBlock({})))).rejects.toMatchObject({
      _tag: "SpdyError",
    })
  })
})

const connected = (onStream: (stream: SpdyStream) => void) => {
  const [near, far] = duplexPair()
  const connection = serveSpdy(near, onStream)
  return { connection, client: new SpdyClient(far), near }
}

const echo = (stream: SpdyStream): void => void pipeline(stream, stream).catch(() => {})

describe("a connection", () => {
  test("carries many streams, both ways, to their ends", async () => {
    const { client } = connected(echo)
    const a = await client.open({ streamtype: "a" })
    const b = await client.open({ streamtype: "b" })
    client.send(a, "one ")
    client.send(b, "two", true)
    client.send(a, "three", true)
    await client.until(() => client.ended.has(a) && client.ended.has(b))
    expect([client.text(a), client.text(b)]).toEqual(["one three", "two"])
    expect(client.frames.filter(({ type }) => type === "headers")).toHaveLength(2)
    client.end()
  })

  test("cuts long output into frames and keeps all of it", async () => {
    const content = Buffer.alloc(300_001, "abc")
    const { client } = connected((stream) => stream.end(content))
    const id = await client.open({})
    await client.until(() => client.ended.has(id))
    expect(client.received.get(id)?.equals(content)).toBe(true)
    const sizes = client.frames.map((frame) => (frame.type === "data" ? frame.payload.length : 0))
    expect(Math.max(...sizes)).toBe(limits.outboundFrameBytes)
    client.end()
  })

  test("answers pings", async () => {
    const { client } = connected(echo)
    client.raw(pingFrame(7))
    await client.until(() => client.frames.some((frame) => frame.type === "ping" && frame.id === 7))
    client.end()
  })

  test("stops reading while nobody reads a stream, and goes on then", async () => {
    const streams: SpdyStream[] = []
    const { client, near } = connected((stream) => streams.push(stream))
    const id = await client.open({})
    const piece = Buffer.alloc(64 * 1024)
    for (let sent = 0; sent < 64; sent++) client.send(id, piece)
    client.send(id, "", true)
    await client.until(() => streams.length === 1)
    await new Promise((resolve) => setImmediate(resolve))
    const [stream] = streams
    if (stream === undefined) throw new Error("no stream")
    expect(stream.readableLength).toBeLessThanOrEqual(limits.waitingBytes + piece.length)
    expect(near.readableLength).toBeLessThan(64 * piece.length)
    let total = 0
    for await (const chunk of stream) total += (chunk as Buffer).length
    expect(total).toBe(64 * piece.length)
    client.end()
  })

  test("ends its streams when the peer goes", async () => {
    const ended: Array<number> = []
    const { client, connection } = connected((stream) => {
      stream.resume()
      stream.on("close", () => ended.push(stream.id))
    })
    await client.open({})
    await client.until(() => client.frames.length === 1)
    client.end()
    await connection.closed
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toEqual([1])
  })

  test("refuses more streams than it keeps, and numbers that were used", async () => {
    const { client } = connected(() => {})
    for (let opened = 0; opened <= limits.streams; opened++) await client.open({})
    await client.until(() => client.frames.some(({ type }) => type === "rstStream"))
    expect(client.frames.filter(({ type }) => type === "headers")).toHaveLength(limits.streams)
    client.end()
  })

  test("ends for whatever breaks the protocol, and throws nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const { client, connection } = connected(echo)
        await client.open({})
        client.raw(bytes)
        client.raw(controlFrame(1, Buffer.alloc(20)))
        client.end()
        await connection.closed
      }),
      { numRuns: 200 },
    )
  })
})
