import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { chooseSubprotocol, framesOf, type Inbound, parseFrame, type Subprotocol } from "./channel.ts"
import { limits } from "./limits.ts"

const bytes = (text: string): ReadonlyArray<number> => [...new TextEncoder().encode(text)]
const tell = (inbound: Inbound): string => {
  if (inbound._tag === "Stdin") return `Stdin ${new TextDecoder().decode(inbound.chunk)}`
  return inbound._tag === "Resize" ? `Resize ${inbound.columns}x${inbound.rows}` : inbound._tag
}

describe("a frame", () => {
  test.each<[string, ReadonlyArray<number>, string, Subprotocol?]>([
    ["on channel 0 is input", [0, ...bytes("hi")], "Stdin hi"],
    ["of a channel alone is nothing", [0], "Ignored"],
    ["of nothing is nothing", [], "Ignored"],
    ["on channel 4 is a size", [4, ...bytes('{"Width":80,"Height":24}')], "Resize 80x24"],
    ["with a size of nothing is nothing", [4, ...bytes('{"Width":0,"Height":24}')], "Ignored"],
    ["with a size beyond all screens is nothing", [4, ...bytes('{"Width":1e9,"Height":24}')], "Ignored"],
    ["with a size that is no JSON is nothing", [4, ...bytes("{")], "Ignored"],
    ["with a size that is null is nothing", [4, ...bytes("null")], "Ignored"],
    ["on channel 255 ends the input", [255, 0], "CloseStdin"],
    ["on channel 255 ends nothing else", [255, 1], "Ignored"],
    ["on channel 255 says nothing under v4", [255, 0], "Ignored", "v4.channel.k8s.io"],
    ["on a channel of the server is nothing", [1, ...bytes("hi")], "Ignored"],
  ])("%s", (_name, frame, want, protocol = "v5.channel.k8s.io") => {
    expect(tell(parseFrame(Uint8Array.from(frame), protocol))).toBe(want)
  })
})

describe("output", () => {
  test("of any size comes whole, in order, in frames of bounded size", () => {
    const sizes = fc.oneof(fc.nat(100), fc.integer({ min: 32_760, max: 32_776 }), fc.nat(200_000))
    fc.assert(
      fc.property(sizes, (size) => {
        const chunk = Uint8Array.from({ length: size }, (_, index) => index % 251)
        const frames = framesOf(2, chunk)
        expect(frames.every((frame) => frame[0] === 2 && frame.length <= limits.outboundFrameBytes)).toBe(
          true,
        )
        expect(Buffer.concat(frames.map((frame) => frame.subarray(1))).equals(chunk)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})

test.each<[string, ReadonlyArray<string>, string | undefined]>([
  ["the newest protocol of both is spoken", ["v4.channel.k8s.io", "v5.channel.k8s.io"], "v5.channel.k8s.io"],
  ["an older one is better than none", ["channel.k8s.io", "v4.channel.k8s.io"], "v4.channel.k8s.io"],
  ["no protocol is none", ["channel.k8s.io"], undefined],
])("%s", (_name, offered, want) => {
  expect(chooseSubprotocol(new Set(offered))).toBe(want)
})
