/** What answers have told so far: versions, uids, continue tokens, tokens. Bounded. */
import type { Answer } from "./exchange.ts"
import type { FuzzRequest, Seen } from "./request.ts"

const kept = 8

const field = (text: string, name: string): string | undefined =>
  new RegExp(`"${name}":\\s?"([^"\\\\]+)"`).exec(text)?.[1]

export class Memory implements Seen {
  readonly #versions = new Map<string, string>()
  readonly #uids = new Map<string, string>()
  #continues: string[] = []
  #tokens: string[] = []
  revision = "1"

  get continues(): ReadonlyArray<string> {
    return this.#continues
  }

  get tokens(): ReadonlyArray<string> {
    return this.#tokens
  }

  versionOf = (path: string): string => this.#versions.get(path) ?? ""
  uidOf = (path: string): string => this.#uids.get(path) ?? ""

  learn({ url, method }: FuzzRequest, { status, body, left }: Answer): void {
    if (status >= 300 || left || body.length > 65_536) return
    const text = body.toString("utf8")
    const version = field(text, "resourceVersion")
    if (method === "DELETE") this.#versions.delete(url.replace(/\?.*/s, ""))
    if (method === "DELETE" || (version === undefined && !text.includes('"token"'))) return
    const token = field(text, "token")
    if (token !== undefined) this.#tokens = [...this.#tokens, token].slice(-kept)
    const next = field(text, "continue")
    if (next !== undefined) this.#continues = [...this.#continues, next].slice(-kept)
    if (version === undefined) return
    if (/^\d{1,18}$/.test(version)) this.revision = version
    const query = url.indexOf("?")
    const path = query < 0 ? url : url.slice(0, query)
    const name = field(text, "name")
    const about = method === "POST" && name !== undefined ? `${path}/${name}` : path
    if (this.#versions.size > 500) this.forget()
    this.#versions.set(about, version)
    const uid = field(text, "uid")
    if (uid !== undefined) this.#uids.set(about, uid)
  }

  forget(): void {
    this.#versions.clear()
    this.#uids.clear()
    this.#continues = []
    this.#tokens = []
  }
}
