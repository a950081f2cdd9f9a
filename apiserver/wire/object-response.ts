/** Answers that are one object, in the form that was negotiated. */
import { stringify } from "yaml"
import type { Call } from "../call.ts"
import type { Negotiated, View } from "../negotiation.ts"
import { decodeDocument } from "../registry/document.ts"
import { metadataOf } from "../registry/object-meta.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { sendBytes, sendJson } from "./response.ts"
import { type IncludeObject, partialMetadata, tableOf } from "./views.ts"

/** Views that an answer with one object has. */
export const objectViews: ReadonlySet<View> = new Set<View>(["", "Table", "PartialObjectMetadata"])

export interface ObjectAnswer {
  readonly status: number
  /** JSON with resourceVersion, in the version of the request. */
  readonly bytes: Buffer
  readonly resource: Resource
  readonly version: ResourceVersion
  readonly negotiated: Negotiated
  readonly include: IncludeObject
  readonly now: number
}

const viewed = (answer: ObjectAnswer): unknown => {
  const object = decodeDocument(answer.bytes)
  switch (answer.negotiated.view) {
    case "Table": {
      const { resourceVersion = "" } = metadataOf(object)
      return tableOf([object], answer, { metadata: { resourceVersion }, columns: true })
    }
    case "PartialObjectMetadata":
      return partialMetadata(object, answer.negotiated.viewVersion)
    default:
      return object
  }
}

export const sendObject = (call: Call, answer: ObjectAnswer): Promise<void> => {
  const { encoding, view, pretty } = answer.negotiated
  const { status } = answer
  if (encoding === "json" && view === "" && !pretty) {
    return sendBytes(call, { status, contentType: "application/json" }, answer.bytes)
  }
  return sendValue(call, { status, negotiated: answer.negotiated }, viewed(answer))
}

/** Any document as JSON or YAML. */
export const sendValue = (
  call: Call,
  more: { readonly status: number; readonly negotiated: Pick<Negotiated, "encoding" | "pretty"> },
  value: unknown,
): Promise<void> => {
  const { status } = more
  const { encoding, pretty } = more.negotiated
  if (encoding === "yaml") {
    return sendBytes(call, { status, contentType: "application/yaml" }, Buffer.from(stringify(value)))
  }
  return sendJson(call, { status, pretty }, value)
}
