/**
 * A server that does what its script says, request by request, for faults that a real one shows rarely: lines cut short,
 * answers that never come, versions that are gone. Only that; everything else is tested against the real API server.
 */
import type { Transport, TransportRequest, TransportResponse } from "../../client/index.ts"
import type { KubeObject } from "../../schemas/index.ts"

/** A part of a response: bytes, the connection's end, or silence. */
type Piece = string | "cut" | "hang"
export type Answer = (request: TransportRequest) => Promise<TransportResponse>

export const cut = "\0cut"
export const hang = "\0hang"

const untilAborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(new Error("aborted")))
  })

const bodyOf = async function* (
  pieces: ReadonlyArray<Piece>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece === cut) throw new Error("connection reset")
    if (piece === hang) await untilAborted(signal)
    else yield Buffer.from(piece)
  }
}

const respond =
  (status: number, headers: { readonly [name: string]: string }, pieces: ReadonlyArray<Piece>): Answer =>
  async ({ signal }) => ({ status, headers, body: bodyOf(pieces, signal) })

/** A page of a list. */
export const list = (
  items: ReadonlyArray<KubeObject>,
  metadata: { readonly resourceVersion?: string; readonly continue?: string },
): Answer => respond(200, {}, [JSON.stringify({ kind: "List", apiVersion: "v1", metadata, items })])

/** A watch that sends these pieces and then ends cleanly, unless `cut` or `hang` is the last. */
export const watch = (...pieces: ReadonlyArray<Piece>): Answer => respond(200, {}, pieces)

export const refuse = (
  code: number,
  reason: string,
  headers: { readonly [name: string]: string } = {},
): Answer => respond(code, headers, [status(code, reason)])

export const unreachable: Answer = async () => {
  throw new Error("connection refused")
}

/** A request that is never answered. */
export const silence: Answer = ({ signal }) => untilAborted(signal)

const status = (code: number, reason: string): string =>
  JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason, code })

export const event = (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject): string =>
  `${JSON.stringify({ type, object })}\n`

export const bookmark = (resourceVersion: string): string =>
  `${JSON.stringify({ type: "BOOKMARK", object: { metadata: { resourceVersion } } })}\n`

export const errorEvent = (code: number, reason: string): string =>
  `${JSON.stringify({ type: "ERROR", object: JSON.parse(status(code, reason)) })}\n`

/** Answers in turn; silence after the last. Keeps what it was asked. */
export const scriptedTransport = (answers: ReadonlyArray<Answer>) => {
  const asked: Array<URL> = []
  const left = [...answers]
  const transport: Transport = {
    request: (request) => {
      asked.push(new URL(request.path, "http://server"))
      return (left.shift() ?? silence)(request)
    },
  }
  return { transport, asked }
}
