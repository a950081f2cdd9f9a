/** The client's side of a WebSocket as a Duplex of its binary messages, for subprotocols that `ws` does not let through. */
import { Duplex } from "node:stream"

/** Source: RFC 6455, section 5.2. The mask is zero, so that the payload stays as it is. */
const maskedFrame = (payload: Buffer): Buffer => {
  const head = Buffer.alloc(14)
  head[0] = 0x82
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(payload.length), 2)
  return Buffer.concat([head, payload])
}

interface Parsed {
  readonly payload: Buffer
  readonly opcode: number
  readonly rest: Buffer
}

const parseFrame = (bytes: Buffer): Parsed | undefined => {
  const short = (bytes[1] ?? 0) & 0x7f
  const at = short === 127 ? 10 : short === 126 ? 4 : 2
  if (bytes.length < at) return undefined
  const length =
    short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
  if (bytes.length < at + length) return undefined
  const opcode = (bytes[0] ?? 0) & 0x0f
  return { payload: bytes.subarray(at, at + length), opcode, rest: bytes.subarray(at + length) }
}

/** The messages of an upgraded connection. */
export const webSocketMessages = (socket: Duplex): Duplex => {
  let waiting: Buffer = Buffer.alloc(0)
  const messages = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      socket.write(maskedFrame(chunk), () => done())
    },
    destroy: (_error, done) => {
      socket.destroy()
      done(null)
    },
  })
  socket.on("data", (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk])
    for (let frame = parseFrame(waiting); frame !== undefined; frame = parseFrame(waiting)) {
      waiting = frame.rest
      if (frame.opcode < 8) messages.push(frame.payload)
    }
  })
  socket.on("error", () => {})
  socket.on("close", () => messages.push(null))
  return messages
}
