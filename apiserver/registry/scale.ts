/** The scale subresource: autoscaling/v1 Scale over the replicas of any kind that says where they are. */
import { decodeObject, decodeText, mediaType, unsupportedMediaType } from "../body.ts"
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { applyJsonPatch, applyMergePatch } from "../patch/index.ts"
import { badRequest, invalid, noSuchPath } from "../status-error.ts"
import { type Operation, subjectOf, type Target } from "./context.ts"
import { decodeDocument } from "./document.ts"
import { fieldText, metadataOf, stringOf, valueAt } from "./object-meta.ts"
import { updateObject } from "./update.ts"
import { parseWriteOptions } from "./write-options.ts"
import type { Written } from "./written.ts"

interface ScalePaths {
  readonly specReplicas: ReadonlyArray<string>
  readonly statusReplicas: ReadonlyArray<string>
  readonly selector: ReadonlyArray<string> | undefined
}

const keysOf = (jsonPath: string): ReadonlyArray<string> => jsonPath.replace(/^\./, "").split(".")

const pathsOf = (target: Target): ScalePaths => {
  const scale = target.version.definition.subresources?.scale
  if (scale === undefined) throw noSuchPath()
  return {
    specReplicas: keysOf(scale.specReplicasPath),
    statusReplicas: keysOf(scale.statusReplicasPath),
    selector: scale.labelSelectorPath === undefined ? undefined : keysOf(scale.labelSelectorPath),
  }
}

const count = (value: MutableJson | undefined): number => (typeof value === "number" ? value : 0)

/** The Scale of an object. */
export const scaleOf = (object: MutableObject, target: Target): MutableObject => {
  const paths = pathsOf(target)
  const metadata = metadataOf(object)
  const kept: MutableObject = {}
  for (const key of ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"]) {
    const value = metadata[key]
    if (value !== undefined) kept[key] = value
  }
  const selector = paths.selector === undefined ? "" : fieldText(valueAt(object, paths.selector))
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: kept,
    spec: { replicas: count(valueAt(object, paths.specReplicas)) },
    status: {
      replicas: count(valueAt(object, paths.statusReplicas)),
      ...(selector === "" ? {} : { selector }),
    },
  }
}

/** GET of a Scale. Fails with `Invalid` where the object does not say how many replicas it wants. */
export const readScale = (object: MutableObject, target: Target): MutableObject => {
  const path = pathsOf(target).specReplicas
  if (valueAt(object, path) !== undefined) return scaleOf(object, target)
  const detail = `Required value: the spec replicas field ${JSON.stringify(`.${path.join(".")}`)} does not exist`
  throw invalid(subjectOf(target), [{ field: path.join("."), type: "FieldValueRequired", detail }])
}

/** Changes the replicas of an object, in place, to those of its Scale. */
export const setReplicas = (object: MutableObject, scale: MutableObject, target: Target): MutableObject => {
  const replicas = isObject(scale.spec) ? scale.spec.replicas : undefined
  const wanted = replicas ?? 0
  if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 0) {
    const detail = `Invalid value: ${JSON.stringify(wanted)}: must be greater than or equal to 0`
    throw invalid(subjectOf(target), [{ field: "spec.replicas", type: "FieldValueInvalid", detail }])
  }
  const path = pathsOf(target).specReplicas
  let part = object
  for (const key of path.slice(0, -1)) {
    const next = part[key]
    const inner: MutableObject = isObject(next) ? next : {}
    part[key] = inner
    part = inner
  }
  part[path.at(-1) ?? "replicas"] = wanted
  const given = stringOf(metadataOf(scale), "resourceVersion")
  if (given !== "") metadataOf(object).resourceVersion = given
  const uid = stringOf(metadataOf(scale), "uid")
  if (uid !== "") metadataOf(object).uid = uid
  return object
}

const answer = (written: Written, target: Target): MutableObject =>
  scaleOf(decodeDocument(written.bytes), target)

/** PUT of a Scale. */
export const putScale = async (operation: Operation): Promise<MutableObject> => {
  const { call, target } = operation
  const options = parseWriteOptions(call, "UpdateOptions")
  const { object: scale } = decodeObject(call.request.body, call.request.headers["content-type"])
  if (stringOf(scale, "kind") !== "Scale") throw badRequest("the body of the request is not a Scale")
  const written = await updateObject(operation, {
    options,
    next: (current) => setReplicas(current.copy(), scale, target),
  })
  return answer(written, target)
}

const patcher = (operation: Operation): ((scale: MutableObject) => unknown) => {
  const { call } = operation
  const { value } = decodeText(call.request.body, "json")
  switch (mediaType(call.request.headers["content-type"])) {
    case "application/json-patch+json":
      if (!Array.isArray(value)) throw badRequest("a JSON Patch must be a list of operations")
      return (scale) => applyJsonPatch(scale, value)
    case "application/merge-patch+json":
    case "application/strategic-merge-patch+json":
      return (scale) => applyMergePatch(scale, value)
    default:
      throw unsupportedMediaType(["application/json-patch+json", "application/merge-patch+json"])
  }
}

/** PATCH of a Scale. */
export const patchScale = async (operation: Operation): Promise<MutableObject> => {
  const { call, target } = operation
  const options = parseWriteOptions(call, "PatchOptions")
  const change = patcher(operation)
  const written = await updateObject(operation, {
    options,
    next: (current) => {
      const scale = change(scaleOf(current.object, target))
      if (!isObject(scale)) throw badRequest("the patched document is not an object")
      return setReplicas(current.copy(), scale, target)
    },
  })
  return answer(written, target)
}
