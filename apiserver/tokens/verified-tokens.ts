/** Claims of tokens whose signature has been checked: so that it is checked once, not at every request. */
import type { JsonObject } from "../../schemas/index.ts"
import { tokenLimits } from "./limits.ts"

export class VerifiedTokens {
  readonly #claims = new Map<string, JsonObject>()

  get(token: string): JsonObject | undefined {
    return this.#claims.get(token)
  }

  add(token: string, claims: JsonObject): void {
    if (this.#claims.size >= tokenLimits.verifiedMax) {
      const [oldest] = this.#claims.keys()
      if (oldest !== undefined) this.#claims.delete(oldest)
    }
    this.#claims.set(token, claims)
  }

  /** The keys have changed: nothing that was checked holds. */
  clear(): void {
    this.#claims.clear()
  }
}
