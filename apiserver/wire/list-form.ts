/** How a list is written: what comes before, between and behind its items, and an item. Start with {@link listForm}. */
import { stringify } from "yaml"
import type { MutableObject } from "../machinery.ts"
import type { Negotiated } from "../negotiation.ts"
import type { Projection } from "../projection/index.ts"
import { decodeDocument } from "../registry/document.ts"
import type { Listed } from "../registry/list.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { tableColumns } from "../table/index.ts"
import { bytesIn, type CachedObject, isView } from "../watch-cache/cached-object.ts"
import { type IncludeObject, partialMetadata, rowOf } from "./views.ts"

export interface ListAnswer {
  readonly listed: Listed
  readonly resource: Resource
  readonly version: ResourceVersion
  readonly negotiated: Negotiated
  readonly include: IncludeObject
  readonly now: number
  /** What of the objects is sent; undefined: all. */
  readonly projection: Projection | undefined
}

export interface ListForm {
  readonly contentType: string
  readonly opening: string
  readonly separator: string
  readonly closing: string
  readonly item: (object: CachedObject) => Uint8Array
  /** What a byte of an object costs to write, where copying it costs 1. */
  readonly cost: number
}

/** Measured, and rounded up: stepping through, reading and writing JSON, and YAML. */
const costs = { copied: 1, projected: 2, viewed: 8, yaml: 256 } as const

/** What is sent of an object, as it is in the version of the request. */
const sentBytes = (object: CachedObject, { resource, version, projection }: ListAnswer): Buffer => {
  const bytes = bytesIn(object, version, resource)
  return projection === undefined ? bytes : projection.of(bytes)
}

interface View {
  readonly head: object
  /** The field of the list that has the items. */
  readonly field: "items" | "rows"
  readonly item: (object: MutableObject) => unknown
}

const viewOf = (answer: ListAnswer): View => {
  const { listed, version, resource, negotiated } = answer
  const metaVersion = `meta.k8s.io/${negotiated.viewVersion}`
  const metadata = {
    ...(listed.continue === "" ? {} : { continue: listed.continue }),
    ...(listed.remaining === undefined ? {} : { remainingItemCount: listed.remaining }),
    resourceVersion: String(listed.revision),
  }
  switch (negotiated.view) {
    case "Table": {
      const columnDefinitions = tableColumns(version.definition)
      return {
        head: { kind: "Table", apiVersion: metaVersion, metadata, columnDefinitions },
        field: "rows",
        item: (object) => rowOf(object, answer),
      }
    }
    case "PartialObjectMetadataList":
      return {
        head: { kind: "PartialObjectMetadataList", apiVersion: metaVersion, metadata },
        field: "items",
        item: (object) => partialMetadata(object, negotiated.viewVersion),
      }
    default:
      return {
        head: { kind: resource.definition.names.listKind, apiVersion: version.apiVersion, metadata },
        field: "items",
        item: (object) => object,
      }
  }
}

const encoder = new TextEncoder()

type Brackets = Pick<ListForm, "opening" | "separator" | "closing">

const compactBrackets = ({ head, field }: View): Brackets => ({
  opening: `${JSON.stringify(head).slice(0, -1)},"${field}":[`,
  separator: ",",
  closing: "]}\n",
})

/** As `JSON.stringify` indents the whole. */
const prettyBrackets = ({ head, field }: View, isEmpty: boolean): Brackets => ({
  opening: `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "${field}": [${isEmpty ? "" : "\n    "}`,
  separator: ",\n    ",
  closing: isEmpty ? "]\n}\n" : "\n  ]\n}\n",
})

const yamlBrackets = ({ head, field }: View, isEmpty: boolean): Brackets => ({
  opening: `${stringify(head)}${field}:${isEmpty ? " []" : ""}\n`,
  separator: "",
  closing: "",
})

export const listForm = (answer: ListAnswer): ListForm => {
  const { encoding, view: viewed, pretty } = answer.negotiated
  const view = viewOf(answer)
  const isEmpty = answer.listed.items.length === 0
  const itemOf = (object: CachedObject): unknown => view.item(decodeDocument(sentBytes(object, answer)))
  if (encoding === "yaml") {
    const item = (object: CachedObject): Uint8Array =>
      encoder.encode(stringify([itemOf(object)]).replace(/^(?=.)/gm, "  "))
    return { contentType: "application/yaml", ...yamlBrackets(view, isEmpty), item, cost: costs.yaml }
  }
  const contentType = "application/json"
  if (pretty) {
    const item = (object: CachedObject): Uint8Array =>
      encoder.encode(JSON.stringify(itemOf(object), null, 2).replaceAll("\n", "\n    "))
    return { contentType, ...prettyBrackets(view, isEmpty), item, cost: costs.viewed }
  }
  if (viewed === "") {
    const copying = answer.projection === undefined ? costs.copied : costs.projected
    const cost = isView(answer.version, answer.resource) ? costs.viewed : copying
    const item = (object: CachedObject): Uint8Array => sentBytes(object, answer)
    return { contentType, ...compactBrackets(view), item, cost }
  }
  const item = (object: CachedObject): Uint8Array => encoder.encode(JSON.stringify(itemOf(object)))
  return { contentType, ...compactBrackets(view), item, cost: costs.viewed }
}
