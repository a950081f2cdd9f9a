/** Answers `/api`, `/apis` and what is below them, short of resources. Documents are made once per change of the table. */
import { createHash } from "node:crypto"
import type { Call } from "../call.ts"
import { type MediaRange, parseAccept } from "../negotiation.ts"
import type { PathRequestInfo } from "../request-info.ts"
import type { ResourceTable } from "../resource-table.ts"
import { failure } from "../status-error.ts"
import { headersOf, sendBytes } from "../wire/response.ts"
import {
  aggregated,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  type DiscoverySource,
} from "./documents.ts"

/** Versions of the aggregated form: kubectl before 1.30 asks for the beta one only. */
type AggregatedVersion = "v2" | "v2beta1"

const aggregatedTypeOf = (version: AggregatedVersion): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`

interface Document {
  readonly bytes: Uint8Array
  readonly etag: string
}

const wantedVersion = ({ parameters: { as, g, v } }: MediaRange): AggregatedVersion | undefined =>
  as === "APIGroupDiscoveryList" && g === "apidiscovery.k8s.io" && (v === "v2" || v === "v2beta1")
    ? v
    : undefined

const isJson = ({ type }: MediaRange): boolean =>
  type === "application/json" || type === "application/*" || type === "*/*"

/** The first acceptable form. Fails with `NotAcceptable`. */
const formOf = (call: Call, hasAggregated: boolean): AggregatedVersion | "legacy" => {
  for (const range of parseAccept(call.request.headers.accept || "*/*")) {
    if (!isJson(range)) continue
    if (range.parameters.as === undefined) return "legacy"
    const version = hasAggregated ? wantedVersion(range) : undefined
    if (version !== undefined) return version
  }
  throw failure(
    "NotAcceptable",
    `only the following media types are accepted: application/json, ${aggregatedTypeOf("v2")}`,
  )
}

export class DiscoveryHandler {
  readonly #table: ResourceTable
  readonly #more: Omit<DiscoverySource, "resources">
  readonly #documents = new Map<string, Document | undefined>()
  #generation = -1

  constructor(table: ResourceTable, more: Omit<DiscoverySource, "resources">) {
    this.#table = table
    this.#more = more
  }

  /** Answers; false when the path is none of discovery's, or nothing is served there. */
  async handle(call: Call<PathRequestInfo>): Promise<boolean> {
    const { parts } = call.info
    const [root, group, version] = parts
    if ((root !== "api" && root !== "apis") || parts.length > 3) return false
    const top = parts.length === 1
    const form = formOf(call, top)
    const document = this.#document(`${form} ${parts.join("/")}`, (source) => {
      if (form !== "legacy") return aggregated(source, root === "api" ? "core" : "named", form)
      if (root === "api")
        return top ? apiVersions() : parts.length === 2 ? apiResourceList(source, "", group ?? "") : undefined
      if (top) return apiGroupList(source)
      return version === undefined
        ? apiGroup(source, group ?? "")
        : apiResourceList(source, group ?? "", version)
    })
    if (document === undefined) return false
    await this.#send(call, document, form === "legacy" ? "application/json" : aggregatedTypeOf(form))
    return true
  }

  #document(key: string, make: (source: DiscoverySource) => object | undefined): Document | undefined {
    if (this.#generation !== this.#table.generation) {
      this.#documents.clear()
      this.#generation = this.#table.generation
    }
    const known = this.#documents.get(key)
    if (known !== undefined) return known
    const made = make({ resources: this.#table.all(), ...this.#more })
    if (made === undefined) return undefined
    const bytes = Buffer.from(`${JSON.stringify(made)}\n`)
    const document = { bytes, etag: `"${createHash("sha256").update(bytes).digest("hex").toUpperCase()}"` }
    this.#documents.set(key, document)
    return document
  }

  async #send(call: Call, { bytes, etag }: Document, contentType: string): Promise<void> {
    const headers = { etag, vary: "Accept" }
    if (call.request.headers["if-none-match"] === etag) {
      call.sink.head(304, headersOf(call, { status: 304, contentType, headers }))
      call.sink.end()
      return
    }
    await sendBytes(call, { status: 200, contentType, headers }, bytes)
  }
}
