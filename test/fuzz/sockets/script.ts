/** What a client does on one connection: bytes, in pieces. */
import type fc from "fast-check"

export interface Script {
  /** Written one after the other; each is a segment of its own. */
  readonly pieces: ReadonlyArray<Uint8Array>
  /** Sent first; the pieces follow when the server has left HTTP, and not at all when it has not. */
  readonly upgrade?: string
  /** How the client goes: it waits for the answer, ends its side, or breaks off. */
  readonly end: "wait" | "half" | "break"
}

export interface SocketSlice {
  readonly name: string
  readonly about: string
  /** Which server: the API's, the API's by HTTP/2, or a node's. */
  readonly door: "api" | "api-http2" | "node"
  readonly script: fc.Arbitrary<Script>
}

/** The script as a person sends it again: the bytes in base64, to be written to a TLS connection. */
export const scriptText = ({ upgrade, pieces, end }: Script): string =>
  [
    ...(upgrade === undefined ? [] : [`upgrade: ${JSON.stringify(upgrade)}`]),
    ...pieces.map((piece) => {
      const text = Buffer.from(piece).toString("latin1")
      return text.length < 2_000 && /^[\x20-\x7e\r\n\t]*$/.test(text)
        ? `bytes: ${JSON.stringify(text)}`
        : `base64: ${Buffer.from(piece).toString("base64").slice(0, 8_000)}`
    }),
    `then: ${end}`,
  ].join("\n  ")
