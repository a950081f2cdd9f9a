/** Where a streamed answer goes, one chunk at a time: to the peer as it is, or compressed. */
import { availableParallelism } from "node:os"
import { constants, createGzip } from "node:zlib"
import type { ResponseSink } from "../exchange.ts"
import { limits } from "../limits.ts"
import { Lanes } from "./lanes.ts"

export interface Outlet {
  /** Settles when the peer may be sent more: `free` when nobody reads the chunk any more, so that it may be written over. */
  put(chunk: Uint8Array): Promise<"free" | "kept">
  /** Sends the last of it, which is copied, and ends. */
  end(tail: Uint8Array): Promise<void>
  /** The peer is gone. */
  abandon(): void
}

/** One chunk is on its way at a time: what the system has taken keeps the peer busy meanwhile. */
export const plainOutlet = (sink: ResponseSink): Outlet => ({
  put: async (chunk) => {
    const taken = sink.lend === undefined ? sink.write(Buffer.from(chunk)) : sink.lend(chunk)
    if (!taken) await sink.drained()
    return sink.pending === 0 ? "free" : "kept"
  },
  end: async (tail) => sink.end(Buffer.from(tail)),
  abandon: () => {},
})

export const gzipLevel = constants.Z_BEST_SPEED

/** Compression leaves a core to those who answer. */
const compressing = new Lanes(Math.max(1, availableParallelism() - 1))

export const gzipOutlet = (sink: ResponseSink): Outlet => {
  const stream = createGzip({ level: gzipLevel, chunkSize: limits.gzipChunkBytes })
  const finished = new Promise<void>((resolve, reject) => {
    stream.on("data", (chunk: Uint8Array) => sink.write(chunk))
    stream.on("end", resolve)
    stream.on("error", reject)
  })
  return {
    put: async (chunk) => {
      await compressing.run(() => new Promise<void>((resolve) => stream.write(chunk, () => resolve())))
      if (sink.pending > limits.streamChunkBytes) await sink.drained()
      return "free"
    },
    end: async (tail) => {
      stream.end(tail)
      await finished
      sink.end()
    },
    abandon: () => {
      finished.catch(() => {})
      stream.destroy()
    },
  }
}
