/** Which sessions of an in-process store are alive, and one timer for the next that may not be. */
import type { SessionId } from "./store.ts"
import type { StoreTimer } from "./timer.ts"

export class SessionDeadlines {
  readonly #timer: StoreTimer
  readonly #expire: (session: SessionId) => void
  readonly #deadlines = new Map<SessionId, number>()
  #armed: { readonly at: number; readonly cancel: () => void } | undefined

  /** `expire` is called once for each session whose time ran out. */
  constructor(timer: StoreTimer, expire: (session: SessionId) => void) {
    this.#timer = timer
    this.#expire = expire
  }

  has(session: SessionId): boolean {
    return this.#deadlines.has(session)
  }

  /** Starts a session, or gives it its whole time again. */
  extend(session: SessionId, ttlSeconds: number): void {
    const deadline = this.#timer.now() + ttlSeconds * 1000
    this.#deadlines.set(session, deadline)
    if (this.#armed === undefined || deadline < this.#armed.at) this.#arm(deadline)
  }

  /** Forgets a session without expiring it; false when it is over already. */
  forget(session: SessionId): boolean {
    return this.#deadlines.delete(session)
  }

  close(): void {
    this.#armed?.cancel()
    this.#armed = undefined
    this.#deadlines.clear()
  }

  #arm(at: number): void {
    this.#armed?.cancel()
    const cancel = this.#timer.after(Math.max(0, at - this.#timer.now()), () => this.#fire())
    this.#armed = { at, cancel }
  }

  #fire(): void {
    this.#armed = undefined
    const now = this.#timer.now()
    const over = [...this.#deadlines].filter(([, deadline]) => deadline <= now)
    for (const [session] of over) this.#deadlines.delete(session)
    const next = Math.min(...this.#deadlines.values())
    if (Number.isFinite(next)) this.#arm(next)
    for (const [session] of over) this.#expire(session)
  }
}
