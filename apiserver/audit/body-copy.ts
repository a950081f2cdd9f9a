/** A body as it stands in an audit event: parsed, bounded, without managedFields where the policy says so. */
import { gunzipSync } from "node:zlib"
import type { Json } from "../../schemas/index.ts"
import { decodeText, mediaType } from "../body.ts"
import { isArray, isObject } from "../json/index.ts"
import { auditLimits } from "./limits.ts"

/** The pieces of a body as they are sent, as long as they are not too many. */
export class BodyCopy {
  #chunks: Uint8Array[] = []
  #size = 0

  add(chunk: Uint8Array): void {
    this.#size += chunk.length
    if (this.#size > auditLimits.bodyBytesMax) this.#chunks = []
    else this.#chunks.push(Buffer.from(chunk))
  }

  /** undefined when it was too large. */
  get bytes(): Uint8Array | undefined {
    return this.#size > auditLimits.bodyBytesMax ? undefined : Buffer.concat(this.#chunks)
  }
}

const withoutManagedFields = (object: Json): Json => {
  if (!isObject(object)) return object
  const { metadata, items } = object
  const bare = isObject(metadata) ? { ...metadata } : undefined
  if (bare !== undefined) Reflect.deleteProperty(bare, "managedFields")
  return {
    ...object,
    ...(bare === undefined ? {} : { metadata: bare }),
    ...(isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
  }
}

export interface BodyForm {
  readonly contentType: string | undefined
  readonly encoding?: string | undefined
  readonly omitManagedFields: boolean
}

const textForms: { readonly [type: string]: "json" | "yaml" } = {
  "application/yaml": "yaml",
  "application/apply-patch+yaml": "yaml",
}

/** The document in a body; undefined when there is none that can be read. */
export const documentOf = (bytes: Uint8Array, form: BodyForm): Json | undefined => {
  if (bytes.length === 0) return undefined
  const type = mediaType(form.contentType)
  if (!type.includes("json") && !type.includes("yaml")) return undefined
  try {
    const plain =
      form.encoding === "gzip" ? gunzipSync(bytes, { maxOutputLength: auditLimits.bodyBytesMax * 4 }) : bytes
    const { value } = decodeText(plain, Object.hasOwn(textForms, type) ? (textForms[type] ?? "json") : "json")
    return form.omitManagedFields ? withoutManagedFields(value) : value
  } catch {
    return undefined
  }
}
