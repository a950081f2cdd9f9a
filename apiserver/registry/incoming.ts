/** An object as a client sent it, checked against where it was sent. */
import { decodeObject } from "../body.ts"
import type { MutableObject } from "../machinery.ts"
import { badRequest } from "../status-error.ts"
import type { Operation, Target } from "./context.ts"
import { shapeMetadata } from "./metadata-shape.ts"
import { metadataOf, stringOf } from "./object-meta.ts"
import { reportStrictness, unknownField } from "./strictness.ts"
import type { WriteOptions } from "./write-options.ts"

const checkTypeMeta = (object: MutableObject, target: Target): void => {
  const { version, resource } = target
  const apiVersion = stringOf(object, "apiVersion")
  const kind = stringOf(object, "kind")
  if (apiVersion !== "" && apiVersion !== version.apiVersion) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${version.apiVersion})`,
    )
  }
  if (kind !== "" && kind !== resource.kind) {
    throw badRequest(`the kind in the data (${kind}) does not match the expected kind (${resource.kind})`)
  }
  if (resource.origin === "custom" && (apiVersion === "" || kind === "")) {
    throw badRequest(`Object '${apiVersion === "" ? "apiVersion" : "Kind"}' is missing`)
  }
  object.apiVersion = version.apiVersion
  object.kind = resource.kind
}

/** Fills in the namespace of the URL, and refuses another one. */
export const placeInNamespace = (object: MutableObject, target: Target): void => {
  const metadata = metadataOf(object)
  const given = stringOf(metadata, "namespace")
  if (!target.resource.namespaced) return
  if (given !== "" && given !== target.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request")
  }
  metadata.namespace = target.namespace
}

/** The name in the body must be that of the URL; absent, it is filled in. */
export const matchName = (object: MutableObject, target: Target): void => {
  const metadata = metadataOf(object)
  const given = stringOf(metadata, "name")
  if (given !== "" && target.name !== "" && given !== target.name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${target.name})`)
  }
  if (given === "" && target.name !== "") metadata.name = target.name
}

/**
 * The object in a POST or PUT: of the right kind, in the right place, pruned, its problems reported as
 * `fieldValidation` says. Fails with `BadRequest`, `UnsupportedMediaType`.
 */
export const readIncoming = (operation: Operation, options: WriteOptions): MutableObject => {
  const { call, target } = operation
  const { object, duplicates } = decodeObject(call.request.body, call.request.headers["content-type"])
  checkTypeMeta(object, target)
  shapeMetadata(object)
  const unknown = target.version.schema.prune(object)
  reportStrictness([...unknown.map(unknownField), ...duplicates], {
    mode: options.fieldValidation,
    warnings: call.warnings,
    refuse: (message) => {
      const { kind } = target.resource
      return badRequest(
        `${kind} in version "${target.version.name}" cannot be handled as a ${kind}: ${message}`,
      )
    },
  })
  placeInNamespace(object, target)
  return object
}
