/** Buffers that streamed answers are put together in, used again by the next: a large answer leaves no garbage behind. */
import { limits } from "../limits.ts"

const free: Buffer[] = []

/** Of `limits.streamChunkBytes`. */
export const takeStreamBuffer = (): Buffer => free.pop() ?? Buffer.allocUnsafeSlow(limits.streamChunkBytes)

/** Nobody reads it any more. */
export const giveStreamBuffer = (buffer: Buffer): void => {
  if (free.length < limits.streamBuffersKept) free.push(buffer)
}
