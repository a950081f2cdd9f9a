/** Answers `/api`, `/apis` and what is below them, short of resources. After a change only the groups that it concerns are told anew. */
import type { Call } from "../call.ts"
import { type MediaRange, parseAccept } from "../negotiation.ts"
import type { PathRequestInfo } from "../request-info.ts"
import type { ResourceGroup, ResourceTable } from "../resource-table.ts"
import { failure } from "../status-error.ts"
import { StaticDocument, sendDocument } from "../wire/static-document.ts"
import {
  aggregatedList,
  apiGroup,
  apiGroupList,
  apiVersions,
  type DiscoverySource,
  GroupTexts,
} from "./documents.ts"

/** Versions of the aggregated form: kubectl before 1.30 asks for the beta one only. */
type AggregatedVersion = "v2" | "v2beta1"

const aggregatedTypeOf = (version: AggregatedVersion): string =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`

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

type Form = ReturnType<typeof formOf>

export class DiscoveryHandler {
  readonly #table: ResourceTable
  readonly #source: DiscoverySource
  /** Goes with the group as it was. */
  readonly #texts = new WeakMap<ResourceGroup, GroupTexts>()
  readonly #documents = new Map<string, StaticDocument>()
  #generation = -1

  constructor(table: ResourceTable, source: DiscoverySource) {
    this.#table = table
    this.#source = source
  }

  /** Answers; false when the path is none of discovery's, or nothing is served there. */
  async handle(call: Call<PathRequestInfo>): Promise<boolean> {
    const { parts } = call.info
    const [root] = parts
    if ((root !== "api" && root !== "apis") || parts.length > 3) return false
    const form = formOf(call, parts.length === 1)
    const document = this.#document(form, parts)
    if (document === undefined) return false
    await sendDocument(call, document, form === "legacy" ? "application/json" : aggregatedTypeOf(form))
    return true
  }

  /** Those of many groups are kept until anything changes; the rest is quickly made of what the groups keep. */
  #document(form: Form, parts: ReadonlyArray<string>): StaticDocument | undefined {
    if (this.#generation !== this.#table.generation) {
      this.#documents.clear()
      this.#generation = this.#table.generation
    }
    const key = `${form} ${parts.join("/")}`
    const known = this.#documents.get(key)
    if (known !== undefined) return known
    const text = this.#text(form, parts)
    if (text === undefined) return undefined
    const document = new StaticDocument(Buffer.from(`${text}\n`))
    if (parts.length === 1) this.#documents.set(key, document)
    return document
  }

  #text(form: Form, [root, first, second]: ReadonlyArray<string>): string | undefined {
    if (first === undefined) {
      const groups = root === "api" ? this.#group("") : this.#named()
      if (form !== "legacy") return aggregatedList(groups, form)
      return root === "api" ? JSON.stringify(apiVersions()) : apiGroupList(groups)
    }
    if (root === "api") return second === undefined ? this.#group("")[0]?.list(first) : undefined
    const [group] = this.#group(first)
    if (group === undefined || first === "") return undefined
    return second === undefined ? apiGroup(group) : group.list(second)
  }

  /** None, or one that has a served version. */
  #group(name: string): ReadonlyArray<GroupTexts> {
    const group = this.#table.group(name)
    return group === undefined ? [] : this.#served(group)
  }

  #named(): ReadonlyArray<GroupTexts> {
    return this.#table.groups().flatMap((group) => (group.name === "" ? [] : this.#served(group)))
  }

  #served(group: ResourceGroup): ReadonlyArray<GroupTexts> {
    let texts = this.#texts.get(group)
    if (texts === undefined) {
      texts = new GroupTexts(group, this.#source)
      this.#texts.set(group, texts)
    }
    return texts.versions.length === 0 ? [] : [texts]
  }
}
