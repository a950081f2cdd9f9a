/** A stream as far as waiting for it goes: a socket, or a response of either HTTP version. */
interface Draining {
  on(event: "drain" | "close", listener: () => void): unknown
  off(event: "drain" | "close", listener: () => void): unknown
}

/** Settles when the peer has taken what was written, or has gone. */
export const untilDrained = (stream: Draining): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      stream.off("drain", settle)
      stream.off("close", settle)
      resolve()
    }
    stream.on("drain", settle)
    stream.on("close", settle)
  })
