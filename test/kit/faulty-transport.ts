/** Transports that are slower or less dependable than the one they go through. */
import type { Transport, TransportRequest, TransportResponse } from "../../client/index.ts"

const isWatch = (request: TransportRequest): boolean => request.path.includes("watch=true")

/** Watches through another body; everything else as it is. */
const throughWatches = (
  inner: Transport,
  change: (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): Transport => ({
  request: async (request): Promise<TransportResponse> => {
    const response = await inner.request(request)
    return isWatch(request) ? { ...response, body: change(response.body) } : response
  },
})

/** What watches bring waits until the gate is opened; then it flows. */
export const gatedWatches = (inner: Transport) => {
  let open = (): void => {}
  let gate: Promise<void> = Promise.resolve()
  const transport = throughWatches(inner, async function* (body) {
    for await (const chunk of body) {
      await gate
      yield chunk
    }
  })
  return {
    transport,
    close: () => {
      gate = new Promise((resolve) => {
        open = resolve
      })
    },
    open: () => open(),
  }
}

/** Every watch breaks in the middle of the line after so many chunks. */
export const cutWatches = (inner: Transport, chunks: number): Transport =>
  throughWatches(inner, async function* (body) {
    let left = chunks
    for await (const chunk of body) {
      if (left-- > 0) {
        yield chunk
        continue
      }
      yield chunk.subarray(0, Math.ceil(chunk.length / 2))
      throw new Error("connection reset")
    }
  })

/** Keeps the requests that write, as `METHOD path`. */
export const recordedWrites = (inner: Transport) => {
  const writes: Array<string> = []
  const transport: Transport = {
    request: (request) => {
      const [path = ""] = request.path.split("?")
      if (request.method !== "GET") writes.push(`${request.method} ${path}`)
      return inner.request(request)
    },
  }
  return { transport, writes }
}

/** The answer to each write that matches is lost the first `times` times, after the server acted on it. */
export const lostAnswers = (inner: Transport, matches: RegExp, times: number): Transport => {
  let left = times
  return {
    request: async (request) => {
      const response = await inner.request(request)
      if (request.method === "GET" || left === 0 || !matches.test(`${request.method} ${request.path}`)) {
        return response
      }
      left -= 1
      throw new Error("connection reset")
    },
  }
}

/**
 * A connection on which anything may go wrong while `isBad`, by the numbers it is given: requests that do not arrive, answers that
 * do not come back, watches that break in the middle of a line.
 */
export const badConnection = (inner: Transport, random: () => number, isBad: () => boolean): Transport => {
  const strikes = (chance: number): boolean => isBad() && random() < chance
  const breaking = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      if (strikes(0.2)) {
        yield chunk.subarray(0, Math.floor(random() * chunk.length))
        throw new Error("connection reset")
      }
      yield chunk
    }
  }
  return {
    request: async (request) => {
      if (strikes(0.15)) throw new Error("connection refused")
      const response = await inner.request(request)
      if (strikes(0.15)) throw new Error("connection reset")
      return isWatch(request) ? { ...response, body: breaking(response.body) } : response
    },
  }
}
