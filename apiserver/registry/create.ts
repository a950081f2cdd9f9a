/** The create verb. */

import type { ManagedFieldsEntry } from "../../schemas/index.ts"
import { isStoreError } from "../../store/index.ts"
import { limits } from "../limits.ts"
import type { MutableObject } from "../machinery.ts"
import { validateObjectMeta } from "../schema/index.ts"
import { alreadyExists, failure, invalid, methodNotAllowed, qualified } from "../status-error.ts"
import { nameRule } from "../strategy.ts"
import { type Operation, strategyContext, subjectOf, type Target } from "./context.ts"
import { generatedName } from "./generated-name.ts"
import { matchName, placeInNamespace, readIncoming } from "./incoming.ts"
import { shapeMetadata } from "./metadata-shape.ts"
import { isDeleting, metadataOf, setManagedFields, stringOf } from "./object-meta.ts"
import { warnOf } from "./warnings.ts"
import { optionsObject, parseWriteOptions, type WriteOptions } from "./write-options.ts"
import { currentFromStore, putObject, servedBytes, type Written } from "./written.ts"

/** Sets what the server alone decides. Source: registry/rest FillObjectMetaSystemFields. */
const fillMetadata = (object: MutableObject, operation: Operation): void => {
  const metadata = metadataOf(object)
  const { context, target } = operation
  for (const key of ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"])
    delete metadata[key]
  metadata.uid = context.ambient.uuid()
  metadata.creationTimestamp = strategyContext(operation).now
  if (target.resource.strategy.generation) metadata.generation = 1
}

const refuseResourceVersion = (object: MutableObject): void => {
  if (stringOf(metadataOf(object), "resourceVersion") === "") return
  throw failure("BadRequest", "resourceVersion should not be set on objects to be created")
}

const shape = (operation: Operation, object: MutableObject): void => {
  const { strategy } = operation.target.resource
  if (operation.target.version.hasStatus) delete object.status
  strategy.prepareCreate?.(object, strategyContext(operation))
  operation.target.version.schema.applyDefaults(object)
}

/** Metadata that admission does not change. */
const kept = ["uid", "creationTimestamp", "generation", "managedFields"] as const

/** Brings an object that admission has changed back into shape; what the server alone decides is as it was. */
const settler = (operation: Operation, object: MutableObject): (() => void) => {
  const filled = metadataOf(object)
  const own = kept.map((key) => [key, filled[key]] as const)
  return () => {
    shapeMetadata(object)
    operation.target.version.schema.prune(object)
    placeInNamespace(object, operation.target)
    refuseResourceVersion(object)
    const metadata = metadataOf(object)
    for (const key of ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"]) delete metadata[key]
    for (const [key, value] of own) {
      if (value === undefined) delete metadata[key]
      else metadata[key] = value
    }
    shape(operation, object)
  }
}

const admissionRequest = (operation: Operation, object: MutableObject, options: WriteOptions) => ({
  operation: "CREATE" as const,
  target: operation.target,
  object,
  old: undefined,
  dryRun: options.dryRun,
  call: operation.call,
  options: optionsObject("CreateOptions", options),
})

interface Preparation {
  readonly options: WriteOptions
  /** The object says who owns what already (server-side apply). */
  readonly ownsFields?: boolean
}

/** Everything between a read object and its validation: prepared, defaulted, owned, admitted. */
const prepare = async (
  operation: Operation,
  object: MutableObject,
  { options, ownsFields = false }: Preparation,
): Promise<void> => {
  refuseResourceVersion(object)
  fillMetadata(object, operation)
  shape(operation, object)
  warnOf(operation, object)
  if (!ownsFields) setManagedFields(object, ownership(operation, object, options))
  await operation.context.admit({
    ...admissionRequest(operation, object, options),
    settle: settler(operation, object),
  })
}

const ownership = (
  operation: Operation,
  next: MutableObject,
  options: WriteOptions,
): ReadonlyArray<ManagedFieldsEntry> =>
  operation.context.fields.update({
    live: undefined,
    next,
    manager: options.fieldManager,
    subresource: operation.target.subresource,
    schema: operation.target.version.schema,
    now: strategyContext(operation).now,
  })

export const validateNew = (object: MutableObject, target: Target): void => {
  const { resource, version } = target
  const errors = [
    ...validateObjectMeta(metadataOf(object), {
      namespaced: resource.namespaced,
      nameIs: nameRule(resource.strategy),
    }),
    ...version.schema.validate(object),
    ...(resource.strategy.validate?.(object, undefined) ?? []),
  ]
  if (errors.length > 0) throw invalid(resource.subject(stringOf(metadataOf(object), "name")), errors)
}

const storeNew = async (operation: Operation, target: Target, object: MutableObject): Promise<Written> => {
  try {
    return await putObject({ ...operation, target }, { object, expect: { absent: true } })
  } catch (error) {
    if (!isStoreError(error, "KeyExists")) throw error
    const current = await currentFromStore(operation.context, target)
    const deleting = current !== undefined && isDeleting(JSON.parse(current.bytes.toString("utf8")))
    throw alreadyExists(subjectOf(target), deleting)
  }
}

const noFreeName = (target: Target, base: string): Error =>
  failure(
    "AlreadyExists",
    `${qualified(target.resource.plural, target.resource.group)} "${base}" already exists, ` +
      "the server was not able to generate a unique name for the object",
    { details: { name: base, kind: target.resource.plural, retryAfterSeconds: 1 } },
  )

/** Stores (or would store) an object that is complete but for its name. */
export const createObject = async (
  operation: Operation,
  object: MutableObject,
  options: WriteOptions,
): Promise<Written> => {
  const { context } = operation
  const metadata = metadataOf(object)
  const base = stringOf(metadata, "generateName")
  const generates = stringOf(metadata, "name") === "" && base !== ""
  for (let attempt = 1; ; attempt++) {
    if (generates) metadata.name = generatedName(base, () => context.ambient.random())
    const target = { ...operation.target, name: stringOf(metadata, "name") }
    validateNew(object, target)
    await context.admitValid(admissionRequest({ ...operation, target }, object, options))
    if (options.dryRun) {
      if ((await currentFromStore(context, target)) !== undefined) throw alreadyExists(subjectOf(target))
      return { bytes: servedBytes(object, undefined), revision: 0n }
    }
    try {
      return await storeNew(operation, target, object)
    } catch (error) {
      const taken =
        generates && error instanceof Error && "reason" in error && error.reason === "AlreadyExists"
      if (!taken) throw error
      if (attempt >= limits.generateNameAttemptsMax) throw noFreeName(operation.target, base)
    }
  }
}

/** Fails with `BadRequest`, `Invalid`, `AlreadyExists`, `NotFound` and `Forbidden` (namespace), `MethodNotAllowed`. */
export const create = async (operation: Operation): Promise<Written> => {
  const { target, call } = operation
  if (target.resource.terminating) {
    const text = "create not allowed while custom resource definition is terminating"
    throw failure("MethodNotAllowed", text)
  }
  if (target.name !== "") throw methodNotAllowed(subjectOf(target), "POST")
  const options = parseWriteOptions(call, "CreateOptions")
  const object = readIncoming(operation, options)
  matchName(object, target)
  await prepare(operation, object, { options })
  return createObject(operation, object, options)
}

export { prepare as prepareNew }
