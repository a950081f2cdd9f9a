/**
 * Answers `/openapi/v3`, its documents, and `/openapi/v2`.
 *
 * A document is named by a fingerprint of the definitions that it is made of, so after a change the index needs the changed
 * group only, and a document is made when somebody asks for it: a kind a turn.
 */
import type { ResourceDefinition } from "../../schemas/index.ts"
import type { Call } from "../call.ts"
import { limits } from "../limits.ts"
import { parseAccept } from "../negotiation.ts"
import {
  OPENAPI_V2_MEDIA_TYPE,
  openapiFingerprint,
  openapiV2Parts,
  openapiV3Parts,
} from "../openapi/index.ts"
import type { PathRequestInfo } from "../request-info.ts"
import type { ResourceGroup, ResourceTable } from "../resource-table.ts"
import { failure } from "../status-error.ts"
import type { Turns } from "../turns.ts"
import { sendTurns } from "../wire/response.ts"
import { documentHeaders, StaticDocument, sendDocument, sendUnchanged } from "../wire/static-document.ts"
import { OpenapiDocuments } from "./openapi-documents.ts"

/** What clients ask for: `@` and `.` before the version are both in use. */
const isProtobuf = (type: string): boolean =>
  /^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/.test(type)

/** A document that may have to be made. */
interface Asked {
  readonly name: string
  readonly hash: string
  readonly contentType: string
  /** What is made in one turn. */
  readonly parts: () => Iterable<string | Uint8Array>
}

/** In an order that every server has. */
const definitionsOf = ({ resources }: ResourceGroup): ReadonlyArray<ResourceDefinition> =>
  resources.map((resource) => resource.definition).sort((a, b) => (a.names.plural < b.names.plural ? -1 : 1))

/** Of the document of one version of a group. */
const hashOf = (group: ResourceGroup, version: string): string => {
  const served = group.resources.filter((resource) => resource.versions.has(version))
  const definitions = definitionsOf({ ...group, resources: served })
  return openapiFingerprint(`v3 ${group.name}/${version}`, definitions)
}

export class OpenapiHandler {
  readonly #table: ResourceTable
  readonly #turns: Turns
  readonly #documents = new OpenapiDocuments()
  /** By version; goes with the group as it was. */
  readonly #hashes = new WeakMap<ResourceGroup, ReadonlyMap<string, string>>()
  #index: { readonly generation: number; readonly document: StaticDocument } | undefined
  #v2Hash: { readonly generation: number; readonly hash: string } | undefined

  constructor(table: ResourceTable, turns: Turns) {
    this.#table = table
    this.#turns = turns
  }

  /** Answers; false when the path is none of OpenAPI's, or nothing is served there. */
  async handle(call: Call<PathRequestInfo>): Promise<boolean> {
    const [root, which, ...rest] = call.info.parts
    if (root !== "openapi") return false
    if (which === "v2" && rest.length === 0) return this.#v2(call)
    if (which !== "v3") return false
    if (rest.length === 0) {
      await sendDocument(call, this.#indexDocument(), "application/json")
      return true
    }
    const [kind, group = "", version = ""] = rest
    if (kind === "api" && rest.length === 2) return this.#v3(call, "", group)
    return kind === "apis" && rest.length === 3 && this.#v3(call, group, version)
  }

  /** What the documents of a group are known by, by version. */
  #hashesOf(group: ResourceGroup): ReadonlyMap<string, string> {
    const known = this.#hashes.get(group)
    if (known !== undefined) return known
    const versions = new Set(group.resources.flatMap((resource) => [...resource.versions.keys()]))
    const made = new Map([...versions].sort().map((version) => [version, hashOf(group, version)]))
    this.#hashes.set(group, made)
    return made
  }

  #indexDocument(): StaticDocument {
    const { generation } = this.#table
    if (this.#index?.generation === generation) return this.#index.document
    const paths: Record<string, { readonly serverRelativeURL: string }> = {}
    for (const group of this.#table.groups()) {
      for (const [version, hash] of this.#hashesOf(group)) {
        const path = group.name === "" ? `api/${version}` : `apis/${group.name}/${version}`
        paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }
      }
    }
    const document = new StaticDocument(Buffer.from(JSON.stringify({ paths })))
    this.#index = { generation, document }
    return document
  }

  async #v3(call: Call, name: string, version: string): Promise<boolean> {
    const group = this.#table.group(name)
    const hash = group === undefined ? undefined : this.#hashesOf(group).get(version)
    if (group === undefined || hash === undefined) return false
    await this.#answer(call, {
      name: `v3 ${name}/${version}`,
      hash,
      contentType: "application/json",
      parts: () => openapiV3Parts({ group: name, version, definitions: definitionsOf(group) }),
    })
    return true
  }

  async #v2(call: Call): Promise<boolean> {
    const ranges = parseAccept(call.request.headers.accept || "*/*")
    if (!ranges.some(({ type }) => isProtobuf(type) || type === "*/*" || type === "application/*")) {
      throw failure("NotAcceptable", `only the following media types are accepted: ${OPENAPI_V2_MEDIA_TYPE}`)
    }
    const definitions = this.#table.groups().flatMap(definitionsOf)
    const { generation } = this.#table
    if (this.#v2Hash?.generation !== generation)
      this.#v2Hash = { generation, hash: openapiFingerprint("v2", definitions) }
    const { hash } = this.#v2Hash
    const parts = () => openapiV2Parts(definitions)
    await this.#answer(call, { name: "v2", hash, contentType: OPENAPI_V2_MEDIA_TYPE, parts })
    return true
  }

  /** A small document is kept for the next who asks; a large one is streamed, and nowhere whole. */
  async #answer(call: Call, asked: Asked): Promise<void> {
    const { name, hash, contentType, parts } = asked
    if (sendUnchanged(call, hash, contentType)) return
    const known = this.#documents.get(name, hash)
    if (known !== undefined) return sendDocument(call, known, contentType)
    const steps = stepsOf(parts())
    const pieces: Uint8Array[] = []
    let size = 0
    while (size <= limits.openapiDocumentBytesMax) {
      const step = steps.next()
      if (step.done) {
        const document = new StaticDocument(Buffer.concat(pieces, size), hash)
        this.#documents.set(name, document)
        return sendDocument(call, document, contentType)
      }
      pieces.push(...step.value)
      for (const piece of step.value) size += piece.length
      await this.#turns.next()
    }
    const head = { status: 200, contentType, headers: documentHeaders(hash) }
    await sendTurns(call, head, { turns: this.#turns, steps: after(pieces, steps) })
  }
}

const encoder = new TextEncoder()

function* stepsOf(parts: Iterable<string | Uint8Array>): Generator<ReadonlyArray<Uint8Array>, undefined> {
  for (const part of parts) yield [typeof part === "string" ? encoder.encode(part) : part]
}

function* after(
  first: ReadonlyArray<Uint8Array>,
  rest: Iterable<ReadonlyArray<Uint8Array>>,
): Generator<ReadonlyArray<Uint8Array>> {
  yield first
  yield* rest
}
