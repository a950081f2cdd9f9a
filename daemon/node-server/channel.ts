/**
 * The frames of `channel.k8s.io`: the first byte names a channel, the rest is its payload.
 * Source: Kubernetes' remotecommand protocols v4.channel.k8s.io and v5.channel.k8s.io; v5 adds the close signal.
 * Start with {@link parseFrame}.
 */
import { Data } from "effect"
import { limits } from "./limits.ts"

export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

/** Offered in this order of preference. */
const subprotocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const
export type Subprotocol = (typeof subprotocols)[number]

/** The best subprotocol that both sides speak. */
export const chooseSubprotocol = (offered: ReadonlySet<string>): Subprotocol | undefined =>
  subprotocols.find((protocol) => offered.has(protocol))

export type Inbound = Data.TaggedEnum<{
  Stdin: { readonly chunk: Uint8Array }
  Resize: { readonly columns: number; readonly rows: number }
  /** The client closed its stdin. */
  CloseStdin: Record<never, never>
  /** Nothing to do: an unknown channel, an empty frame, a resize that makes no sense. */
  Ignored: Record<never, never>
}>
export const Inbound = Data.taggedEnum<Inbound>()

/** What a client's frame says. Never fails: what cannot be read is Ignored, as the protocol's other servers do. */
export const parseFrame = (frame: Uint8Array, protocol: Subprotocol): Inbound => {
  const payload = frame.subarray(1)
  switch (frame[0]) {
    case channels.stdin:
      return payload.length === 0 ? Inbound.Ignored() : Inbound.Stdin({ chunk: payload })
    case channels.resize:
      return parseResize(payload)
    case channels.close:
      return protocol === "v5.channel.k8s.io" && payload[0] === channels.stdin
        ? Inbound.CloseStdin()
        : Inbound.Ignored()
    default:
      return Inbound.Ignored()
  }
}

/** A size as the clients write it; Ignored where it makes no sense. */
export const parseResize = (payload: Uint8Array): Inbound => {
  let size: unknown
  try {
    size = JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return Inbound.Ignored()
  }
  if (typeof size !== "object" || size === null || !("Width" in size) || !("Height" in size))
    return Inbound.Ignored()
  const { Width: columns, Height: rows } = size
  return isExtent(columns) && isExtent(rows) ? Inbound.Resize({ columns, rows }) : Inbound.Ignored()
}

const isExtent = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= limits.terminalColumnsOrRows

/** One chunk of output as frames of bounded size. */
export const framesOf = (channel: number, chunk: Uint8Array): ReadonlyArray<Uint8Array> => {
  const room = limits.outboundFrameBytes - 1
  const frames: Uint8Array[] = []
  for (let offset = 0; offset < chunk.length; offset += room) {
    const part = chunk.subarray(offset, offset + room)
    const frame = new Uint8Array(part.length + 1)
    frame[0] = channel
    frame.set(part, 1)
    frames.push(frame)
  }
  return frames
}
