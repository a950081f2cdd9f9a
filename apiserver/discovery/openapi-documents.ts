/** OpenAPI documents that were asked for lately, bounded in bytes: the longest unused goes first. */
import { limits } from "../limits.ts"
import type { StaticDocument } from "../wire/static-document.ts"

export class OpenapiDocuments {
  readonly #kept = new Map<string, StaticDocument>()
  #bytes = 0

  /** Undefined when it is not kept, or was made of something else. */
  get(name: string, hash: string): StaticDocument | undefined {
    const found = this.#kept.get(name)
    if (found === undefined) return undefined
    this.#drop(name, found)
    if (found.hash !== hash) return undefined
    this.#keep(name, found)
    return found
  }

  set(name: string, document: StaticDocument): void {
    const before = this.#kept.get(name)
    if (before !== undefined) this.#drop(name, before)
    this.#keep(name, document)
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= limits.openapiBytesMax) return
      this.#drop(oldest, kept)
    }
  }

  #keep(name: string, document: StaticDocument): void {
    this.#kept.set(name, document)
    this.#bytes += document.bytes.length
  }

  #drop(name: string, document: StaticDocument): void {
    this.#kept.delete(name)
    this.#bytes -= document.bytes.length
  }
}
