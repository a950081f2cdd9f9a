/** Connections that leave HTTP: WebSocket and SPDY/3.1 frames to a node's exec, attach and port-forward, and to a watch. */
import { constants, deflateSync } from "node:zlib"
import fc from "fast-check"
import { dictionary } from "../../../daemon/node-server/spdy/dictionary.ts"
import { controlFrame, plainBlock } from "../../../daemon/node-server/testing/spdy-client.ts"
import { configMaps, pathOf } from "../corpus.ts"
import { mostly, pick } from "../generators/parts.ts"
import { mutatedBytes, oddString } from "../mutations.ts"
import type { Script, SocketSlice } from "./script.ts"

const sandbox = "/sandboxes/default/web"
const route = mostly(
  pick(
    `${sandbox}/exec?command=cat&stdin=1&stdout=1`,
    `${sandbox}/exec?command=sh&command=-c&command=echo+a&stdout=1&stderr=1`,
    `${sandbox}/exec?command=cat&stdin=1&stdout=1&tty=1`,
    `${sandbox}/attach?stdout=1`,
    `${sandbox}/portforward?ports=8080`,
    `${sandbox}/portforward`,
  ),
  pick(
    `${sandbox}/exec`,
    `${sandbox}/exec?command=&stdin=x`,
    `${sandbox}/portforward?ports=0`,
    `${sandbox}/portforward?ports=1&ports=2&ports=x`,
    `${sandbox}/nothing`,
    "/sandboxes/default/none/exec?command=a",
    "/%",
    `${sandbox}/log`,
  ),
  6,
)

const webSocketHead = (path: string, protocol: string, more: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${protocol === "" ? "" : `Sec-WebSocket-Protocol: ${protocol}\r\n`}${more}\r\n`

interface WebSocketFrame {
  readonly first: number
  readonly masked: boolean
  readonly payload: Uint8Array
  /** What the frame says that its length is, when it lies. */
  readonly length?: number
}

const webSocketFrame = ({ first, masked, payload, length = payload.length }: WebSocketFrame): Buffer => {
  const bit = masked ? 0x80 : 0
  let head: Buffer
  if (length < 126) head = Buffer.from([first, bit | length])
  else if (length < 65_536) head = Buffer.from([first, bit | 126, length >> 8, length & 255])
  else {
    head = Buffer.alloc(10)
    head[0] = first
    head[1] = bit | 127
    head.writeBigUInt64BE(BigInt(length), 2)
  }
  const mask = Buffer.from([1, 2, 3, 4])
  const body = masked ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload
  return Buffer.concat([head, ...(masked ? [mask] : []), body])
}

/** A channel, and what is said on it. */
const message = fc
  .tuple(
    mostly(pick(0, 4, 255, 0), fc.nat(255), 4),
    fc.oneof(
      pick(
        "",
        "text",
        '{"Width":80,"Height":24}',
        '{"Width":-1}',
        "{",
        '{"Width":1e999,"Height":{}}',
        "\u0000",
        "\u0002",
      ),
      oddString,
    ),
  )
  .map(([channel, text]) => Buffer.concat([Buffer.from([channel]), Buffer.from(text)]))

const sound = fc
  .tuple(pick(0x82, 0x82, 0x81, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88), message)
  .map(([first, payload]) => webSocketFrame({ first, masked: true, payload }))
const unsound: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .tuple(fc.nat(255), fc.boolean(), fc.uint8Array({ maxLength: 200 }))
    .map(([first, masked, payload]) => webSocketFrame({ first, masked, payload })),
  pick(126, 65_535, 65_536, 2 ** 31, 2 ** 40).map((length) =>
    webSocketFrame({ first: 0x82, masked: true, payload: Buffer.from("x"), length }),
  ),
  pick(
    Buffer.from([0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255]),
    Buffer.from([0x88, 0x81, 0, 0, 0, 0, 0]),
    webSocketFrame({ first: 0x88, masked: true, payload: Buffer.from([0x00, 0x00]) }),
    webSocketFrame({ first: 0x89, masked: true, payload: Buffer.alloc(126) }),
    webSocketFrame({ first: 0x82, masked: true, payload: Buffer.alloc(200_000, 0) }),
  ),
)
const webSocketFrames = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: sound },
    { weight: 1, arbitrary: unsound },
    { weight: 1, arbitrary: mutatedBytes(sound).map((bytes) => Buffer.from(bytes)) },
  ),
  { minLength: 1, maxLength: 5 },
)

const end = pick<Script["end"]>("wait", "half", "break")
const protocol = mostly(
  pick("v5.channel.k8s.io, v4.channel.k8s.io", "v4.channel.k8s.io", "SPDY/3.1+portforward.k8s.io"),
  pick(
    "",
    "channel.k8s.io",
    "x",
    "v5.channel.k8s.io,,",
    "\u0000",
    `${"a,".repeat(2_000)}b`,
    "base64url.bearer.authorization.k8s.io.eA, v5.channel.k8s.io",
  ),
  10,
)
const handshakeNoise = mostly(
  fc.constant(""),
  pick(
    "Sec-WebSocket-Extensions: permessage-deflate\r\n",
    'Sec-WebSocket-Extensions: ;;,,x="\r\n',
    "Sec-WebSocket-Version: 8\r\n",
    "Content-Length: 3\r\n",
    "Upgrade: SPDY/3.1\r\n",
    "Sec-WebSocket-Key: x\r\n",
  ),
  8,
)

export const webSockets: SocketSlice = {
  name: "web-sockets",
  about:
    "exec, attach and port-forward over WebSockets: fragments, wrong masks, wrong lengths, odd opcodes and channels",
  door: "node",
  script: fc
    .tuple(route, protocol, handshakeNoise, webSocketFrames, end)
    .map(([path, spoken, noise, pieces, how]) => ({
      upgrade: webSocketHead(path, spoken, noise),
      pieces,
      end: how,
    })),
}

const watchPath = mostly(
  pick(`${pathOf(configMaps)}?watch=1`, `${pathOf(configMaps)}?watch=1&resourceVersion=0`),
  pick(
    pathOf(configMaps),
    "/api",
    `${pathOf(configMaps)}/base`,
    `${pathOf(configMaps)}?watch=1&resourceVersion=x`,
    "/api/v1/namespaces/default/pods/base/exec?command=a",
  ),
  3,
)
export const watchSockets: SocketSlice = {
  name: "watch-sockets",
  about: "watches over WebSockets whose client says things that it should not",
  door: "api",
  script: fc
    .tuple(watchPath, protocol, handshakeNoise, webSocketFrames, end)
    .map(([path, spoken, noise, pieces, how]) => ({
      upgrade: webSocketHead(path, spoken, noise),
      pieces,
      end: how,
    })),
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}
const compressed = (block: Uint8Array): Buffer =>
  deflateSync(block, { dictionary, finishFlush: constants.Z_SYNC_FLUSH })

const headers = mostly(
  pick<{ readonly [name: string]: string }>(
    { streamtype: "stdin" },
    { streamtype: "error" },
    { streamtype: "stdout" },
    { streamtype: "resize" },
    { streamtype: "data", port: "8080", requestid: "1" },
    { streamtype: "error", port: "8080", requestid: "1" },
  ),
  pick<{ readonly [name: string]: string }>(
    {},
    { streamtype: "x" },
    { streamtype: "data", port: "x", requestid: "-1" },
    { streamtype: "data", port: "70000" },
    { __proto__x: "a", streamtype: "stdin" },
    Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`h${at}`, "v"])),
    { a: "b".repeat(20_000) },
  ),
  4,
)
const oddBlock = pick(
  Buffer.alloc(0),
  Buffer.from("xxxx"),
  compressed(Buffer.alloc(200_000)),
  compressed(word(0xffffffff)),
  compressed(Buffer.concat([word(1), word(0x7fffffff)])),
  compressed(Buffer.alloc(2)),
  deflateSync(Buffer.alloc(20)),
)
const streamId = mostly(pick(1, 3, 5, 7), pick(0, 2, 0x7fffffff, 0xffffffff), 8)
/** Only the first block of a connection opens its zlib stream; later ones are broken unless they are the same stream. */
const opened = fc
  .tuple(
    streamId,
    fc.oneof(
      { weight: 4, arbitrary: headers.map((all) => compressed(plainBlock(all))) },
      { weight: 1, arbitrary: oddBlock },
    ),
    pick(0, 0, 0, 1, 2, 255),
  )
  .map(([id, block, flags]) =>
    controlFrame(1, Buffer.concat([word(id), word(0), Buffer.alloc(2), block]), flags),
  )
const dataOf = (id: number, fin: number, payload: Uint8Array, length = payload.length): Buffer => {
  const head = Buffer.concat([word(id), Buffer.from([fin, 0, 0, 0])])
  head.writeUIntBE(length, 5, 3)
  return Buffer.concat([head, payload])
}
const said = fc
  .tuple(
    streamId,
    pick(0, 1),
    fc.oneof(pick("", "text", '{"Width":80,"Height":24}\n', "{"), oddString),
    mostly(fc.constant(0), pick(1, 1_000, 16_000_000), 8),
  )
  .map(([id, fin, text, lie]) => {
    const payload = Buffer.from(text)
    return dataOf(id, fin, payload, Math.min(payload.length + lie, 0xffffff))
  })
const otherFrame = fc.oneof(
  fc
    .tuple(fc.nat(12), fc.uint8Array({ maxLength: 20 }), fc.nat(255))
    .map(([type, payload, flags]) => controlFrame(type, payload, flags)),
  pick(
    controlFrame(6, word(1)),
    controlFrame(6, word(2)),
    controlFrame(9, Buffer.concat([word(1), word(0x7fffffff)])),
    controlFrame(9, Buffer.concat([word(1), word(0)])),
    controlFrame(3, Buffer.concat([word(1), word(5)])),
    controlFrame(7, Buffer.alloc(8)),
    controlFrame(4, Buffer.concat([word(0xffffffff)])),
    Buffer.concat(Array.from({ length: 300 }, () => controlFrame(6, word(1)))),
    Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0]),
    Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]),
  ),
)
const spdyFrames = fc
  .tuple(
    opened,
    fc.array(
      fc.oneof(
        { weight: 2, arbitrary: opened },
        { weight: 3, arbitrary: said },
        { weight: 2, arbitrary: otherFrame },
        { weight: 1, arbitrary: mutatedBytes(said).map((bytes) => Buffer.from(bytes)) },
      ),
      { maxLength: 5 },
    ),
  )
  .map(([first, rest]) => [first, ...rest])

const spdyHead = (path: string, spoken: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${spoken}\r\n\r\n`

export const spdy: SocketSlice = {
  name: "spdy",
  about:
    "exec, attach and port-forward over SPDY/3.1: broken header blocks, wrong lengths, unknown frames, windows",
  door: "node",
  script: fc
    .tuple(
      route,
      mostly(
        pick("v4.channel.k8s.io", "v5.channel.k8s.io, v4.channel.k8s.io"),
        pick("", "x", "portforward.k8s.io"),
        10,
      ),
      spdyFrames,
      end,
    )
    .map(([path, spoken, pieces, how]) => ({
      upgrade: spdyHead(path, path.includes("portforward") ? "portforward.k8s.io" : spoken),
      pieces,
      end: how,
    })),
}
