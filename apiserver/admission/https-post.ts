/** One POST over HTTPS, its answer read whole and within bounds. */
import { request as httpsRequest, type RequestOptions } from "node:https"
import { limits } from "./limits.ts"

export interface PostAnswer {
  readonly status: number
  readonly body: Uint8Array
}

/** Why there is no answer. */
export class PostError extends Error {
  override readonly name = "PostError"
  /** `Stale`: a kept connection that the peer had given up; nothing was done with the request. */
  readonly reason: "Connection" | "Stale" | "TooLong" | "Aborted"
  constructor(reason: PostError["reason"], message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

const codeOf = (error: Error): string => ("code" in error ? String(error.code) : "")

/** Rejects with PostError. */
export const post = (options: RequestOptions, body: Uint8Array, signal: AbortSignal): Promise<PostAnswer> =>
  new Promise((resolve, reject) => {
    const asked = httpsRequest({ ...options, method: "POST", signal })
    const broken = (error: Error): void => {
      if (signal.aborted) reject(new PostError("Aborted", "the call was given up", error))
      else if (asked.reusedSocket && codeOf(error) === "ECONNRESET")
        reject(new PostError("Stale", error.message, error))
      else reject(new PostError("Connection", error.message, error))
    }
    asked.on("error", broken)
    asked.on("response", (response) => {
      const chunks: Uint8Array[] = []
      let size = 0
      response.on("data", (chunk: Uint8Array) => {
        size += chunk.length
        if (size <= limits.answerBytesMax) {
          chunks.push(chunk)
          return
        }
        reject(new PostError("TooLong", `the answer is longer than ${limits.answerBytesMax} bytes`))
        asked.destroy()
      })
      response.on("error", broken)
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }))
    })
    asked.end(body)
  })
