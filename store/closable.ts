import type { Store } from "./store.ts"

/** A store as its owner holds it. When it closes, its watches end with `Closed`, and every later call rejects so. */
export interface ClosableStore extends Store {
  close(): Promise<void>
}
