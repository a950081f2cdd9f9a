/** HTTP/1.1 as no library writes it: framing that contradicts itself, chunks, folded and repeated headers, bombs. */
import fc from "fast-check"
import { configMaps, pathOf, widgets } from "../corpus.ts"
import { mostly, pick } from "../generators/parts.ts"
import { mutatedBytes, oddString } from "../mutations.ts"
import type { Script, SocketSlice } from "./script.ts"

const object = JSON.stringify(configMaps.object("http"))
const targets = [
  `${pathOf(configMaps)}/base`,
  pathOf(configMaps),
  pathOf(configMaps),
  `${pathOf(widgets)}?limit=2`,
  "/api",
  "/apis",
  "/healthz",
  "/version",
  `${pathOf(configMaps)}?watch=1&timeoutSeconds=1`,
]
const oddTargets = [
  "*",
  "http://127.0.0.1/api",
  "//api",
  "/api//v1",
  "/%",
  "/a b",
  "/\u00e9",
  "",
  "?",
  "/#x",
  "/..",
  `/${"a".repeat(20_000)}`,
  "https://other.example/api",
  "/\u0001",
  "127.0.0.1:443",
]

const header: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 16,
    arbitrary: pick(
      "Accept: application/json",
      "Accept-Encoding: gzip",
      "User-Agent: fuzz/1",
      "X-A: b",
      "Content-Type: application/json",
      "Connection: close",
      "Cookie: a=b",
    ),
  },
  {
    weight: 3,
    arbitrary: pick(
      "Content-Length: 5",
      "Content-Length: -1",
      "Content-Length: 1e3",
      "Content-Length: 0x10",
      "Content-Length: 99999999999999999999",
      "Content-Length: 3, 3",
      "Content-Length: +5",
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: gzip, chunked",
      "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding : chunked",
      "Transfer-Encoding:\tchunked",
      "transfer-encoding: xchunked",
      "Expect: 100-continue",
      "Expect: x",
      "Upgrade: h2c",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Connection: keep-alive, Upgrade",
      "Host: a\r\nHost: b",
      "Host:",
      " folded: x",
      "X: a\r\n b",
      "X",
      ": x",
      "X\u0000: y",
      "X: \u0000",
      "X: \u00ff",
      "Trailer: Expires",
      "Authorization: Bearer",
      "Authorization: Bearer a.b.c",
      `Authorization: Bearer ${"x".repeat(9_000)}`,
      "Impersonate-User: a\r\nImpersonate-User: b",
      "Impersonate-Group: a\r\nImpersonate-Group: b",
      "Accept: a\r\nAccept: b",
      "Content-Type: a\r\nContent-Type: b",
      "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
      "TE: trailers",
      "Keep-Alive: timeout=x",
      "Range: bytes=0-1",
      "__proto__: x",
      "constructor: y",
    ),
  },
  {
    weight: 1,
    arbitrary: pick(200, 1_000, 3_000).map((count) =>
      Array.from({ length: count }, (_, at) => `X-${at}: y`).join("\r\n"),
    ),
  },
  { weight: 1, arbitrary: pick(8_000, 16_000, 70_000).map((size) => `X-Long: ${"z".repeat(size)}`) },
  { weight: 1, arbitrary: oddString.map((text) => `X-Odd: ${text}`) },
)

const method = mostly(
  pick("GET", "GET", "GET", "GET", "POST", "PUT", "DELETE", "PATCH"),
  pick("HEAD", "OPTIONS", "TRACE", "CONNECT", "get", "", "G ET", "PRI", "M-SEARCH", "\u0000"),
  8,
)
const version = mostly(
  pick("HTTP/1.1"),
  pick("HTTP/1.0", "HTTP/2.0", "HTTP/0.9", "http/1.1", "HTTP/1.1 x", "", "HTTP/9.9", "HTTP/1.1\n"),
  15,
)

const chunked = (body: string, size: number): string => {
  const parts: string[] = []
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size)
    parts.push(`${piece.length.toString(16)}\r\n${piece}\r\n`)
  }
  return `${parts.join("")}0\r\n\r\n`
}
const oddChunks = [
  "0\r\n\r\n",
  "fffffffff\r\n",
  "-1\r\n",
  '5;ext="x"\r\nabcde\r\n0\r\n\r\n',
  "5\nabcde\n0\n\n",
  "5\r\nabc",
  "0\r\nTrailer: x\r\n\r\n",
  "x\r\n",
  "00000000000000005\r\nabcde\r\n0\r\n\r\n",
  `5;${"e".repeat(20_000)}\r\nabcde\r\n0\r\n\r\n`,
]

type Framing = "length" | "chunked" | "both" | "none" | "short" | "long" | "odd"

const text = ({
  how,
  target,
  http,
  headers,
  framing,
  size,
  odd,
}: {
  how: string
  target: string
  http: string
  headers: ReadonlyArray<string>
  framing: Framing
  size: number
  odd: string
}): string => {
  const hasBody = ["POST", "PUT", "PATCH"].includes(how) || framing === "odd"
  const length = (by: number): string => `Content-Length: ${Buffer.byteLength(object) + by}`
  const framings: { readonly [name in Framing]: readonly [ReadonlyArray<string>, string] } = {
    length: [[length(0)], object],
    chunked: [["Transfer-Encoding: chunked"], chunked(object, size)],
    both: [[length(0), "Transfer-Encoding: chunked"], chunked(object, size)],
    none: [[], object],
    short: [[length(40)], object],
    long: [[length(-10)], object],
    odd: [["Transfer-Encoding: chunked"], odd],
  }
  const [lines, body] = hasBody ? framings[framing] : [[], ""]
  return [
    `${how} ${target} ${http}`,
    "Host: 127.0.0.1",
    ...(hasBody ? ["Content-Type: application/json"] : []),
    ...headers,
    ...lines,
    "",
    body,
  ].join("\r\n")
}

const request: fc.Arbitrary<string> = fc
  .record({
    how: method,
    target: mostly(pick(...targets), pick(...oddTargets), 6),
    http: version,
    headers: fc.array(header, { maxLength: 2 }),
    framing: mostly(
      pick<Framing>("length", "chunked"),
      pick<Framing>("both", "none", "short", "long", "odd"),
      2,
    ),
    size: pick(1, 7, 1_000),
    odd: pick(...oddChunks),
  })
  .map(text)

const cut = (whole: Uint8Array, places: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const at = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b)
  return [0, ...at]
    .map((from, index) => whole.subarray(from, at[index] ?? whole.length))
    .filter((piece) => piece.length > 0)
}

const script: fc.Arbitrary<Script> = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: request.map((one) => Buffer.from(one, "latin1")) },
      { weight: 2, arbitrary: mutatedBytes(request.map((one) => Buffer.from(one, "latin1"))) },
      // Pipelined.
      {
        weight: 2,
        arbitrary: fc
          .array(request, { minLength: 2, maxLength: 4 })
          .map((several) => Buffer.from(several.join(""), "latin1")),
      },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
    ),
    fc.array(fc.nat(4_000), { maxLength: 2 }),
    pick<Script["end"]>("wait", "wait", "wait", "wait", "half", "break"),
  )
  .map(([whole, places, end]) => ({ pieces: cut(whole, places), end }))

export const http1: SocketSlice = {
  name: "http1",
  about: "HTTP/1.1 with contradicting lengths, odd chunks, folded, repeated and endless headers, pipelines",
  door: "api",
  script,
}
