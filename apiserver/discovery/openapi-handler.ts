/** Answers `/openapi/v3`, its documents, and `/openapi/v2`. Made on first use after each change of the table. */
import { createHash } from "node:crypto"
import type { Call } from "../call.ts"
import { parseAccept } from "../negotiation.ts"
import { OPENAPI_V2_MEDIA_TYPE, openapiV2Protobuf, openapiV3Document } from "../openapi/index.ts"
import type { PathRequestInfo } from "../request-info.ts"
import type { ResourceTable } from "../resource-table.ts"
import { failure } from "../status-error.ts"
import { headersOf, sendBytes } from "../wire/response.ts"

interface Document {
  readonly bytes: Uint8Array
  readonly hash: string
}

const documentOf = (bytes: Uint8Array): Document => ({
  bytes,
  hash: createHash("sha256").update(bytes).digest("hex").toUpperCase(),
})

/** What clients ask for: `@` and `.` before the version are both in use. */
const isProtobuf = (type: string): boolean =>
  /^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/.test(type)

export class OpenapiHandler {
  readonly #table: ResourceTable
  readonly #documents = new Map<string, Document>()
  #generation = -1

  constructor(table: ResourceTable) {
    this.#table = table
  }

  /** Answers; false when the path is none of OpenAPI's, or nothing is served there. */
  async handle(call: Call<PathRequestInfo>): Promise<boolean> {
    const [root, which, ...rest] = call.info.parts
    if (root !== "openapi") return false
    if (which === "v2" && rest.length === 0) return this.#v2(call)
    if (which !== "v3") return false
    if (rest.length === 0) return this.#index(call)
    const [kind, group = "", version = ""] = rest
    if (kind === "api" && rest.length === 2) return this.#v3(call, "", group)
    return kind === "apis" && rest.length === 3 && this.#v3(call, group, version)
  }

  #remembered(key: string, make: () => Uint8Array): Document {
    if (this.#generation !== this.#table.generation) {
      this.#documents.clear()
      this.#generation = this.#table.generation
    }
    const known = this.#documents.get(key)
    if (known !== undefined) return known
    const made = documentOf(make())
    this.#documents.set(key, made)
    return made
  }

  #definitions() {
    return this.#table.all().map((resource) => resource.definition)
  }

  #document(group: string, version: string): Document {
    return this.#remembered(`v3 ${group}/${version}`, () => {
      const document = openapiV3Document({ group, version, definitions: this.#definitions() })
      return Buffer.from(JSON.stringify(document))
    })
  }

  async #index(call: Call): Promise<boolean> {
    const index = this.#remembered("v3", () => {
      const paths: Record<string, { readonly serverRelativeURL: string }> = {}
      for (const [group, version] of this.#groupVersions()) {
        const path = group === "" ? `api/${version}` : `apis/${group}/${version}`
        const { hash } = this.#document(group, version)
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }
      }
      return Buffer.from(JSON.stringify({ paths }))
    })
    await this.#send(call, index, "application/json")
    return true
  }

  #groupVersions(): ReadonlyArray<readonly [string, string]> {
    const all = this.#table
      .all()
      .flatMap((resource) => [...resource.versions.keys()].map((version) => `${resource.group}/${version}`))
    return [...new Set(all)].sort().map((path) => {
      const slash = path.indexOf("/")
      return [path.slice(0, slash), path.slice(slash + 1)] as const
    })
  }

  async #v3(call: Call, group: string, version: string): Promise<boolean> {
    if (!this.#table.hasVersion(group, version)) return false
    await this.#send(call, this.#document(group, version), "application/json")
    return true
  }

  async #v2(call: Call): Promise<boolean> {
    const ranges = parseAccept(call.request.headers.accept || "*/*")
    if (!ranges.some(({ type }) => isProtobuf(type) || type === "*/*" || type === "application/*")) {
      throw failure("NotAcceptable", `only the following media types are accepted: ${OPENAPI_V2_MEDIA_TYPE}`)
    }
    const document = this.#remembered("v2", () => openapiV2Protobuf(this.#definitions()))
    await this.#send(call, document, OPENAPI_V2_MEDIA_TYPE)
    return true
  }

  async #send(call: Call, { bytes, hash }: Document, contentType: string): Promise<void> {
    const headers = { etag: `"${hash}"`, vary: "Accept" }
    if (call.request.headers["if-none-match"] === `"${hash}"`) {
      call.sink.head(304, headersOf(call, { status: 304, contentType, headers }))
      call.sink.end()
      return
    }
    await sendBytes(call, { status: 200, contentType, headers }, bytes)
  }
}
