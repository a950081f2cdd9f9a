/**
 * The keys of another issuer, fetched when they are needed: again after a while, and when a token names a key that is not
 * known (but not more often than allowed). What was fetched last stays good when a fetch fails.
 */
import type { Ambient } from "../ambient.ts"
import type { VerificationKey } from "./jwt.ts"
import { parseKeySet } from "./key-set.ts"
import { tokenLimits } from "./limits.ts"

/** The text at a URL: bounded in size and time. */
export type FetchText = (url: string) => Promise<string>

export interface KeySource {
  /** Keys among which the one of this id may be. Never rejects. */
  keysFor(id: string | undefined): Promise<ReadonlyArray<VerificationKey>>
}

/** Keys that do not change. */
export const fixedKeys = (keys: ReadonlyArray<VerificationKey>): KeySource => ({
  keysFor: () => Promise.resolve(keys),
})

export interface RemoteKeySetOptions {
  readonly ambient: Ambient
  readonly fetchText: FetchText
  /** Where the key set is. */
  readonly url: () => Promise<string>
  readonly onFault: (message: string, cause: unknown) => void
}

export class RemoteKeySet implements KeySource {
  readonly #options: RemoteKeySetOptions
  #keys: ReadonlyArray<VerificationKey> = []
  #tried = Number.NEGATIVE_INFINITY
  #fetched = Number.NEGATIVE_INFINITY
  #fetching: Promise<void> | undefined

  constructor(options: RemoteKeySetOptions) {
    this.#options = options
  }

  async keysFor(id: string | undefined): Promise<ReadonlyArray<VerificationKey>> {
    const now = this.#options.ambient.now()
    const known = this.#keys.some((key) => id === undefined || key.id === id)
    const old = now - this.#fetched >= tokenLimits.keySetMs
    if ((old || !known) && now - this.#tried >= tokenLimits.keySetPauseMs) this.#fetching ??= this.#fetch()
    if (!known || old) await this.#fetching
    return this.#keys
  }

  async #fetch(): Promise<void> {
    const { ambient, fetchText, url, onFault } = this.#options
    this.#tried = ambient.now()
    try {
      this.#keys = parseKeySet(await fetchText(await url()))
      this.#fetched = ambient.now()
    } catch (cause) {
      onFault("the keys of a token issuer could not be fetched", cause)
    } finally {
      this.#fetching = undefined
    }
  }
}
