/**
 * Conversion by a webhook: ConversionReview v1. Source: apiextensions apiserver/conversion webhook_converter.
 *
 * Guarantees: as many objects as were asked for, in their order, at the wanted version; of the metadata nothing but labels
 * and annotations is another.
 */
import type { ClientConfig } from "../admission/client-config.ts"
import { WebhookCallError, type WebhookClient } from "../admission/webhook-client.ts"
import type { Ambient } from "../ambient.ts"
import { isObject } from "../body-object.ts"
import type { Converter } from "../converter.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { objectIn } from "../open-fields.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import { failure, type StatusError } from "../status-error.ts"
import { conversionLimits } from "./limits.ts"

export interface WebhookConverterOptions {
  readonly client: WebhookClient
  readonly ambient: Ambient
  readonly config: ClientConfig
}

const kindText = (object: MutableObject): string =>
  `${stringOf(object, "apiVersion")}, Kind=${stringOf(object, "kind")}`

/** What a broken conversion says behind the name of the kind. */
class ConversionError extends Error {
  override readonly name = "ConversionError"
}

const failed = (object: MutableObject, why: string, cause?: unknown): StatusError =>
  failure("InternalError", `conversion webhook for ${kindText(object)} ${why}`, { cause })

/** The converted objects in an answer. Fails with ConversionError. */
const convertedObjects = (review: MutableObject, uid: string): ReadonlyArray<MutableJson> => {
  const wanted = "apiextensions.k8s.io/v1, Kind=ConversionReview"
  if (kindText(review) !== wanted)
    throw new ConversionError(`expected webhook response of ${wanted}, got ${kindText(review)}`)
  const response = objectIn(review, "response")
  if (response === undefined) throw new ConversionError("no response provided")
  const given = stringOf(response, "uid")
  if (given !== uid)
    throw new ConversionError(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given)}`)
  const result = objectIn(response, "result") ?? {}
  const status = stringOf(result, "status")
  if (status !== "Success") {
    const message = stringOf(result, "message")
    throw new ConversionError(
      message === "" ? `response.result.status was '${status}', not 'Success'` : message,
    )
  }
  return Array.isArray(response.convertedObjects) ? response.convertedObjects : []
}

const fixed = ["name", "namespace", "uid"] as const

const differs = (what: string, converted: string, original: string): string =>
  `must have the same ${what}: ${converted} != ${original}`

/** Why an object is none that the original could have become. */
const problemOf = (
  converted: MutableObject,
  original: MutableObject,
  apiVersion: string,
): string | undefined => {
  const version = stringOf(converted, "apiVersion")
  if (version !== apiVersion) return `invalid apiVersion: ${version}, expected ${apiVersion}`
  const [kind, before] = [stringOf(converted, "kind"), stringOf(original, "kind")]
  if (kind !== before) return differs("kind", kind, before)
  const [to, from] = [metadataOf(converted), metadataOf(original)]
  for (const key of fixed) {
    const [left, right] = [stringOf(to, key), stringOf(from, key)]
    if (left !== right) return differs(`metadata/${key}`, left, right)
  }
  return mapProblem(to, "labels") ?? mapProblem(to, "annotations")
}

const mapProblem = (metadata: MutableObject, key: string): string | undefined => {
  const map = metadata[key]
  if (map === undefined || map === null) return undefined
  if (!isObject(map)) return `metadata.${key}: must be an object`
  const odd = Object.keys(map).find((entry) => typeof map[entry] !== "string")
  return odd === undefined
    ? undefined
    : `metadata.${key}: the value of ${JSON.stringify(odd)} must be a string`
}

/** The original metadata with the labels and annotations of the converted object. */
const restoreMetadata = (converted: MutableObject, original: MutableObject): void => {
  const given = metadataOf(converted)
  const metadata: MutableObject = { ...metadataOf(original) }
  for (const key of ["labels", "annotations"]) {
    const map = given[key]
    if (isObject(map)) metadata[key] = map
    else delete metadata[key]
  }
  converted.metadata = metadata
}

/** Objects in portions that a webhook can take. */
function* portions(
  objects: ReadonlyArray<MutableObject>,
): Generator<{ readonly first: MutableObject; readonly objects: ReadonlyArray<MutableObject> }> {
  let portion: MutableObject[] = []
  let bytes = 0
  for (const object of objects) {
    const size = JSON.stringify(object).length
    const [first] = portion
    if (
      first !== undefined &&
      (portion.length >= conversionLimits.objectsMax || bytes + size > conversionLimits.bytesMax)
    ) {
      yield { first, objects: portion }
      portion = []
      bytes = 0
    }
    portion.push(object)
    bytes += size
  }
  const [first] = portion
  if (first !== undefined) yield { first, objects: portion }
}

export const webhookConverter = ({ client, ambient, config }: WebhookConverterOptions): Converter => {
  const ask = async (objects: ReadonlyArray<MutableObject>, apiVersion: string) => {
    const uid = ambient.uuid()
    const review = await client.call({
      client: config,
      document: {
        kind: "ConversionReview",
        apiVersion: "apiextensions.k8s.io/v1",
        request: { uid, desiredAPIVersion: apiVersion, objects },
      },
      timeoutSeconds: conversionLimits.timeoutSeconds,
    })
    return convertedObjects(review, uid)
  }

  const convertPortion = async (
    { first, objects }: { readonly first: MutableObject; readonly objects: ReadonlyArray<MutableObject> },
    apiVersion: string,
  ): Promise<ReadonlyArray<MutableObject>> => {
    let answered: ReadonlyArray<MutableJson>
    try {
      answered = await ask(objects, apiVersion)
    } catch (error) {
      if (!(error instanceof ConversionError || error instanceof WebhookCallError)) throw error
      throw failed(first, `failed: ${error.message}`, error)
    }
    if (answered.length !== objects.length)
      throw failed(first, `returned ${answered.length} objects, expected ${objects.length}`)
    return objects.map((original, index) => {
      const converted = answered[index]
      const problem = isObject(converted)
        ? problemOf(converted, original, apiVersion)
        : "invalid: it is not an object"
      if (!isObject(converted) || problem !== undefined)
        throw failed(first, `returned invalid converted object at index ${index}: ${problem}`)
      restoreMetadata(converted, original)
      return converted
    })
  }

  return {
    convert: async (objects, apiVersion) => {
      const converted: MutableObject[] = []
      for (const portion of portions(objects)) converted.push(...(await convertPortion(portion, apiVersion)))
      return converted
    },
  }
}
