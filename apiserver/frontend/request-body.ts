/** Request bodies, read whole and bounded in size and time. */
import type { Readable } from "node:stream"
import type { Ambient } from "../ambient.ts"
import { limits } from "../limits.ts"

export type BodyResult =
  | { readonly type: "read"; readonly body: Uint8Array }
  | { readonly type: "tooLarge" }
  | { readonly type: "tooSlow" }
  /** The peer went away. */
  | { readonly type: "gone" }

/** Reads to the end. Beyond the limit nothing is kept. */
export const readBody = (stream: Readable, ambient: Ambient): Promise<BodyResult> =>
  new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let size = 0
    const cancel = ambient.timer(limits.requestTimeoutMs, () => settle({ type: "tooSlow" }))
    const settle = (result: BodyResult): void => {
      cancel()
      stream.off("data", take)
      resolve(result)
    }
    const take = (chunk: Uint8Array): void => {
      size += chunk.length
      if (size > limits.bodyBytesMax) settle({ type: "tooLarge" })
      else chunks.push(chunk)
    }
    stream.on("data", take)
    stream.on("end", () =>
      settle({
        type: "read",
        body: chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks),
      }),
    )
    stream.on("error", () => settle({ type: "gone" }))
    stream.on("close", () => settle({ type: "gone" }))
  })
