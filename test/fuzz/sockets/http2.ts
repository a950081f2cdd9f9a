/** HTTP/2 frame by frame: valid requests among frames of wrong sizes, streams and types. */
import fc from "fast-check"
import { configMaps, pathOf } from "../corpus.ts"
import { mostly, pick } from "../generators/parts.ts"
import { mutatedBytes } from "../mutations.ts"
import type { Script, SocketSlice } from "./script.ts"

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
}

const frame = (
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream >>> 0, 5)
  return Buffer.concat([head, payload])
}

/** A literal field without indexing and without Huffman's code. Source: RFC 7541, 6.2.2. */
const literal = (name: string, value: string): Buffer => {
  const length = (size: number): Buffer =>
    size < 127 ? Buffer.from([size]) : Buffer.from([127, ...varint(size - 127)])
  const [key, text] = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")]
  return Buffer.concat([Buffer.from([0]), length(key.length), key, length(text.length), text])
}
const varint = (value: number): ReadonlyArray<number> => {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return bytes
}

const path = mostly(
  pick(pathOf(configMaps), `${pathOf(configMaps)}/base`, "/api", "/healthz", `${pathOf(configMaps)}?watch=1`),
  pick("", "*", "/%", "a", `/${"x".repeat(20_000)}`, "/\u0000", "/é"),
  6,
)
const method = mostly(pick("GET", "POST", "DELETE"), pick("CONNECT", "", "get", "G\u0000T", "HEAD"), 8)
const extra = mostly(
  pick<ReadonlyArray<readonly [string, string]>>(
    [],
    [["accept", "application/json"]],
    [["content-type", "application/json"]],
  ),
  pick<ReadonlyArray<readonly [string, string]>>(
    [["connection", "close"]],
    [["Upper", "x"]],
    [["te", "x"]],
    [[":odd", "x"]],
    [["transfer-encoding", "chunked"]],
    [["content-length", "5"]],
    [["content-length", "x"]],
    [[":path", "/twice"]],
    [
      ["cookie", "a"],
      ["cookie", "b"],
    ],
    Array.from({ length: 400 }, (_, at) => [`x-${at}`, "y"] as const),
    [["x", "z".repeat(70_000)]],
    [
      ["host", "a"],
      ["host", "b"],
    ],
    [["__proto__", "a"]],
    [["expect", "100-continue"]],
  ),
  5,
)
const block = fc
  .tuple(method, path, extra)
  .map(([how, where, more]) =>
    Buffer.concat([
      literal(":method", how),
      literal(":path", where),
      literal(":scheme", "https"),
      literal(":authority", "127.0.0.1"),
      ...more.map(([name, value]) => literal(name, value)),
    ]),
  )
const object = Buffer.from(JSON.stringify(configMaps.object("two")))

const stream = mostly(pick(1, 3, 5, 7), pick(0, 2, 0x7fffffff, 0xffffffff), 10)
const request: fc.Arbitrary<Buffer> = fc
  .tuple(block, stream, pick(4, 5, 5, 5, 0))
  .map(([fields, id, flags]) => {
    const head = frame(types.headers, flags, id, fields)
    return (flags & 1) === 0 ? Buffer.concat([head, frame(types.data, 1, id, object)]) : head
  })
const odd: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .tuple(fc.nat(15), fc.nat(255), stream, fc.uint8Array({ maxLength: 20 }))
    .map(([type, flags, id, payload]) => frame(type, flags, id, payload)),
  pick(
    frame(types.window, 0, 0, Buffer.alloc(4)),
    frame(types.window, 0, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    frame(types.settings, 0, 0, Buffer.from([0, 4, 0xff, 0xff, 0xff, 0xff])),
    frame(types.settings, 0, 0, Buffer.from([0, 5, 0, 0, 0, 1])),
    frame(types.settings, 1, 0, Buffer.from([0])),
    frame(
      types.settings,
      0,
      0,
      Buffer.concat(Array.from({ length: 200 }, () => Buffer.from([0, 3, 0, 0, 0, 0]))),
    ),
    frame(types.goAway, 0, 0, Buffer.alloc(8)),
    frame(types.reset, 0, 1, Buffer.from([0, 0, 0, 8])),
    frame(types.reset, 0, 99, Buffer.alloc(4)),
    frame(types.priority, 0, 1, Buffer.from([0, 0, 0, 1, 255])),
    frame(types.push, 4, 1, Buffer.alloc(4)),
    frame(types.ping, 0, 0, Buffer.alloc(8)),
    frame(types.data, 8, 1, Buffer.from([255, 1])),
    Buffer.concat(Array.from({ length: 300 }, () => frame(types.ping, 0, 0, Buffer.alloc(8)))),
    Buffer.concat(
      Array.from({ length: 200 }, (_, at) =>
        Buffer.concat([
          frame(
            types.headers,
            5,
            2 * at + 1,
            Buffer.concat([
              literal(":method", "GET"),
              literal(":path", "/api"),
              literal(":scheme", "https"),
              literal(":authority", "a"),
            ]),
          ),
          frame(types.reset, 0, 2 * at + 1, Buffer.from([0, 0, 0, 8])),
        ]),
      ),
    ),
    Buffer.concat([
      frame(types.headers, 0, 1, literal(":method", "GET")),
      ...Array.from({ length: 300 }, () => frame(types.continuation, 0, 1, literal("x", "y".repeat(100)))),
    ]),
    frame(types.headers, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])),
    frame(types.headers, 5, 1, Buffer.from([0x3f, 0xe1, 0xff, 0x03, 0x82, 0x84, 0x87])),
  ),
)

const settings = frame(types.settings, 0, 0)
const script: fc.Arbitrary<Script> = fc
  .tuple(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc
          .array(fc.oneof({ weight: 3, arbitrary: request }, { weight: 1, arbitrary: odd }), {
            minLength: 1,
            maxLength: 4,
          })
          .map((frames) => Buffer.concat(frames)),
      },
      { weight: 2, arbitrary: mutatedBytes(request) },
    ),
    mostly(fc.constant(preface), pick(preface.subarray(0, 10), Buffer.from("GET / HTTP/1.1\r\n\r\n")), 25),
    pick<Script["end"]>("wait", "wait", "wait", "wait", "half", "break"),
  )
  .map(([frames, opening, end]) => ({ pieces: [Buffer.concat([opening, settings, frames])], end }))

export const http2: SocketSlice = {
  name: "http2",
  about:
    "HTTP/2 requests among frames of wrong sizes, streams and types, floods of pings, resets and continuations",
  door: "api-http2",
  script,
}
