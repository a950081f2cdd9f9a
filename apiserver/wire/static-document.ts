/** A document that many ask for: made once, hashed once, compressed once, and 304 for who has it. */
import { createHash } from "node:crypto"
import type { Call } from "../call.ts"
import { type Compressible, headersOf, sendBytes } from "./response.ts"

export class StaticDocument implements Compressible {
  readonly bytes: Uint8Array
  /** In upper-case hex. */
  readonly hash: string
  gzipped: Promise<Uint8Array> | undefined

  /** `hash` where it is known of what the bytes were made from. */
  constructor(bytes: Uint8Array, hash = createHash("sha256").update(bytes).digest("hex").toUpperCase()) {
    this.bytes = bytes
    this.hash = hash
  }
}

/** Answers who has the document already; false when it must be sent. */
export const sendUnchanged = (call: Call, hash: string, contentType: string): boolean => {
  if (call.request.headers["if-none-match"] !== `"${hash}"`) return false
  call.sink.head(304, headersOf(call, { status: 304, contentType, headers: documentHeaders(hash) }))
  call.sink.end()
  return true
}

export const documentHeaders = (hash: string): { readonly [name: string]: string } => ({
  etag: `"${hash}"`,
  vary: "Accept",
})

export const sendDocument = async (
  call: Call,
  document: StaticDocument,
  contentType: string,
): Promise<void> => {
  if (sendUnchanged(call, document.hash, contentType)) return
  await sendBytes(call, { status: 200, contentType, headers: documentHeaders(document.hash) }, document)
}
