/** Time as a store sees it: injected, so that a test or a simulation moves it by hand. */
export interface StoreTimer {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number
  /** Runs once when the delay has passed; the returned function calls it off. */
  after(delayMs: number, run: () => void): () => void
}
