/** `spec.conversion` of a CustomResourceDefinition: read and checked. */
import { type ClientConfig, clientConfigErrors, clientConfigOf } from "../admission/client-config.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { objectIn, stringsIn } from "../open-fields.ts"
import { stringOf } from "../registry/object-meta.ts"
import { forbidden, invalid, notSupported, required } from "../schema/field-error.ts"
import { objectAt, specOf } from "./definition.ts"

/** The versions of ConversionReview that may be named; `v1` is the one that is spoken. */
const reviewVersions = ["v1", "v1beta1"]

const spokenVersion = "v1"

/** Where the webhook of a definition is; undefined when it has none. */
export const conversionClientOf = (crd: MutableObject): ClientConfig | undefined => {
  const conversion = objectAt(specOf(crd), "conversion")
  if (conversion.strategy !== "Webhook") return undefined
  return clientConfigOf(objectAt(objectAt(conversion, "webhook"), "clientConfig"))
}

const reviewVersionErrors = (webhook: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const versions = stringsIn(webhook, "conversionReviewVersions")
  if (versions.length === 0) return [required(field, `must specify one of ${reviewVersions.join(", ")}`)]
  const errors: FieldError[] = []
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) !== index)
      errors.push(invalid(`${field}[${index}]`, version, "duplicate version"))
  }
  if (!versions.includes(spokenVersion))
    errors.push(invalid(field, [...versions], `must include at least one of ${spokenVersion}`))
  return errors
}

/** What is wrong with the conversion. Source: apiextensions/validation. */
export const conversionErrors = (crd: MutableObject): ReadonlyArray<FieldError> => {
  const conversion = objectIn(specOf(crd), "conversion")
  if (conversion === undefined) return []
  const field = "spec.conversion"
  const strategy = stringOf(conversion, "strategy")
  const webhook = objectIn(conversion, "webhook")
  switch (strategy) {
    case "":
      return [required(`${field}.strategy`)]
    case "None":
      return webhook === undefined
        ? []
        : [forbidden(`${field}.webhook`, "should not be set when strategy is not set to Webhook")]
    case "Webhook": {
      if (webhook === undefined)
        return [required(`${field}.webhook.clientConfig`, "required when strategy is set to Webhook")]
      const client = `${field}.webhook.clientConfig`
      const given = objectIn(webhook, "clientConfig")
      return [
        ...(given === undefined
          ? [required(client, "required when strategy is set to Webhook")]
          : clientConfigErrors(given, client)),
        ...reviewVersionErrors(webhook, `${field}.webhook.conversionReviewVersions`),
      ]
    }
    default:
      return [notSupported(`${field}.strategy`, strategy, ["None", "Webhook"])]
  }
}
