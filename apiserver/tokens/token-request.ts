/** TokenRequest: the `token` subresource of ServiceAccounts. Source: registry/core/serviceaccount/storage/token.go. */
import { timestamp } from "../ambient.ts"
import { decodeObject } from "../body.ts"
import { isObject } from "../body-object.ts"
import { equal } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { admitWrite } from "../registry/admit-write.ts"
import type { Operation, RegistryContext } from "../registry/context.ts"
import { shapeMetadata } from "../registry/metadata-shape.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import { parseWriteOptions } from "../registry/write-options.ts"
import { badRequest, conflict, invalid, notFound, type Subject } from "../status-error.ts"
import {
  boundKindNames,
  boundKindRow,
  isBoundKind,
  livingAccountUid,
  livingBoundUid,
} from "./bound-objects.ts"
import { tokenLimits } from "./limits.ts"
import type { Issue, ServiceAccountTokens } from "./service-account-tokens.ts"

export const tokenRequestKind = {
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenRequest",
} as const
const apiVersion = `${tokenRequestKind.group}/${tokenRequestKind.version}`

const subject = (name: string): Subject => ({ ...tokenRequestKind, plural: "tokenrequests", name })

interface Asked {
  readonly audiences: ReadonlyArray<string>
  readonly seconds: number
  readonly bound:
    | { readonly kind: string; readonly apiVersion: string; readonly name: string; readonly uid: string }
    | undefined
}

const error = (field: string, type: FieldError["type"], detail: string): FieldError => ({
  field,
  type,
  detail,
})

const secondsErrors = (value: unknown): ReadonlyArray<FieldError> => {
  const field = "spec.expirationSeconds"
  if (value === undefined || value === null) return []
  if (typeof value !== "number" || !Number.isInteger(value)) {
    return [
      error(field, "FieldValueTypeInvalid", `Invalid value: ${JSON.stringify(value)}: must be an integer`),
    ]
  }
  const tooMuch = `Invalid value: ${value}: may not specify a duration`
  if (value < tokenLimits.expirationSecondsMin)
    return [error(field, "FieldValueInvalid", `${tooMuch} less than 10 minutes`)]
  if (value > tokenLimits.expirationSecondsMax)
    return [error(field, "FieldValueInvalid", `${tooMuch} larger than 2^32 seconds`)]
  return []
}

const audienceErrors = (value: unknown): ReadonlyArray<FieldError> => {
  const field = "spec.audiences"
  if (value === undefined || value === null) return []
  const good =
    Array.isArray(value) &&
    value.length <= tokenLimits.audiencesMax &&
    value.every((item) => typeof item === "string" && item.length <= tokenLimits.audienceCharactersMax)
  if (good) return []
  const why = `must be a list of at most ${tokenLimits.audiencesMax} strings`
  return [error(field, "FieldValueInvalid", `Invalid value: ${why}`)]
}

const boundOf = (value: unknown): Asked["bound"] =>
  isObject(value)
    ? {
        kind: stringOf(value, "kind"),
        apiVersion: stringOf(value, "apiVersion"),
        name: stringOf(value, "name"),
        uid: stringOf(value, "uid"),
      }
    : undefined

/** Fails with `Invalid`. */
const askedOf = (request: MutableObject, name: string): Asked => {
  const spec = isObject(request.spec) ? request.spec : {}
  const errors = [...secondsErrors(spec.expirationSeconds), ...audienceErrors(spec.audiences)]
  if (errors.length > 0) throw invalid(subject(name), errors)
  return {
    audiences: Array.isArray(spec.audiences) ? spec.audiences.map(String) : [],
    seconds:
      typeof spec.expirationSeconds === "number"
        ? spec.expirationSeconds
        : tokenLimits.expirationSecondsDefault,
    bound: boundOf(spec.boundObjectRef),
  }
}

/** Fails with `BadRequest`. */
const readRequest = ({ call, target }: Operation): MutableObject => {
  const { object } = decodeObject(call.request.body, call.request.headers["content-type"])
  const given = [stringOf(object, "apiVersion"), stringOf(object, "kind")]
  const wanted = [apiVersion, tokenRequestKind.kind]
  if (!equal(given, wanted) && !equal(given, ["", ""])) {
    throw badRequest(`the body must be a TokenRequest of ${apiVersion}, not ${given.join(" ")}`)
  }
  shapeMetadata(object)
  const { name, namespace } = target
  const metadata = metadataOf(object)
  const sentName = stringOf(metadata, "name")
  if (sentName !== "" && sentName !== name) {
    throw badRequest(
      `metadata.name: Invalid value: ${JSON.stringify(sentName)}: must match the service account name`,
    )
  }
  const sentNamespace = stringOf(metadata, "namespace")
  if (sentNamespace !== "" && sentNamespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
  return object
}

/** The uid of what may have been made a moment ago; undefined when it is not there. */
const freshUid = async (
  { cache }: RegistryContext,
  find: () => string | undefined,
): Promise<string | undefined> => {
  const known = find()
  if (known !== undefined) return known
  await cache.fresh()
  return find()
}

/** Fails with `Invalid`, `NotFound`, `Conflict`. */
const bind = async (
  { context, target }: Operation,
  { kind, apiVersion: version, name, uid }: NonNullable<Asked["bound"]>,
): Promise<Issue["bound"]> => {
  const field = "spec.boundObjectRef"
  if (!isBoundKind(kind) || !boundKindRow(kind).apiVersions.some((known) => known === version)) {
    const detail =
      `Invalid value: ${JSON.stringify(`${version} ${kind}`)}: cannot bind token to object of type ` +
      `${kind} (only ${boundKindNames.join(", ")})`
    throw invalid(subject(target.name), [error(field, "FieldValueInvalid", detail)])
  }
  const reference = { namespace: target.namespace, name }
  const found = await freshUid(context, () => livingBoundUid(context, kind, reference))
  const about = { group: "", plural: `${kind.toLowerCase()}s`, kind, name }
  if (found === undefined) throw notFound(about)
  if (uid !== "" && uid !== found) {
    throw conflict(about, `the UID in the bound object reference (${uid}) does not match the UID in record`)
  }
  return { kind, name, uid: found }
}

/** Answers a POST to `serviceaccounts/NAME/token`. Fails with `BadRequest`, `Invalid`, `NotFound`, `Conflict`. */
export const answerTokenRequest = async (
  tokens: ServiceAccountTokens,
  operation: Operation,
): Promise<MutableObject> => {
  const { context, call, target } = operation
  const options = parseWriteOptions(call, "CreateOptions")
  const request = readRequest(operation)
  const write = { object: request, old: undefined, options, kind: tokenRequestKind }
  const asked = await admitWrite(operation, write, () => askedOf(request, target.name))
  const uid = await freshUid(context, () => livingAccountUid(context, target))
  if (uid === undefined) throw notFound(target.resource.subject(target.name))
  const bound = asked.bound === undefined ? undefined : await bind(operation, asked.bound)
  const audiences = asked.audiences.length === 0 ? tokens.audiences.slice(0, 1) : asked.audiences
  const seconds = Math.min(asked.seconds, tokens.secondsMax)
  const { namespace, name } = target
  const issued = tokens.issue({ namespace, name, uid, audiences, seconds, bound })
  return {
    apiVersion,
    kind: tokenRequestKind.kind,
    metadata: { name, namespace, creationTimestamp: timestamp(context.ambient.now()) },
    spec: {
      audiences: [...audiences],
      expirationSeconds: seconds,
      boundObjectRef: asked.bound === undefined ? null : { ...asked.bound },
    },
    status: {
      token: options.dryRun ? "" : issued.token,
      expirationTimestamp: timestamp(issued.expires * 1000),
    },
  }
}
