/** The verbs that write events.k8s.io/v1 Events: each becomes the same verb on the Event as it is stored. */
import { clone } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { apply, readApplied } from "../registry/apply.ts"
import { type Operation, subjectOf } from "../registry/context.ts"
import { createObject, prepareNew } from "../registry/create.ts"
import { deleteObject } from "../registry/delete.ts"
import { deleteCollection } from "../registry/delete-collection.ts"
import { decodeDocument } from "../registry/document.ts"
import { inWordsOf } from "../registry/facade-refusal.ts"
import { matchName, readIncoming } from "../registry/incoming.ts"
import { nameOf } from "../registry/object-meta.ts"
import { isApply, readPatch } from "../registry/patch.ts"
import { createsMissing } from "../registry/put.ts"
import { updateObject } from "../registry/update.ts"
import { parseWriteOptions, type WriteOptions } from "../registry/write-options.ts"
import type { Writes } from "../registry/writes.ts"
import { type PatchResult, servedBytes, type Written } from "../registry/written.ts"
import type { Facade, Resource } from "../resource.ts"
import { invalid, methodNotAllowed } from "../status-error.ts"
import { changedEventErrors, newEventErrors } from "./event-rules.ts"
import { newerEvent, storedEvent } from "./event-twin.ts"

/** The operation on the stored Event. */
const onStored = (operation: Operation, events: Resource): Operation => ({
  ...operation,
  target: { ...operation.target, resource: events, version: events.storage },
})

const viewed = ({ bytes, revision }: Written): Written => ({
  revision,
  bytes: servedBytes(newerEvent(decodeDocument(bytes)), revision === 0n ? undefined : revision),
})

const refuse = (operation: Operation, event: MutableObject, errors: ReadonlyArray<FieldError>): void => {
  if (errors.length > 0) throw invalid(operation.target.resource.subject(nameOf(event)), errors)
}

const create = async (operation: Operation, events: Resource): Promise<Written> => {
  const { target, call } = operation
  if (target.name !== "") throw methodNotAllowed(subjectOf(target), "POST")
  const options = parseWriteOptions(call, "CreateOptions")
  const sent = readIncoming(operation, options)
  matchName(sent, target)
  return createStored(operation, events, { sent, options })
}

interface Sent {
  readonly sent: MutableObject
  readonly options: WriteOptions
}

const createStored = async (
  operation: Operation,
  events: Resource,
  { sent, options }: Sent,
): Promise<Written> => {
  const shape = operation.target.version.schema.validate(sent)
  const event = storedEvent(sent)
  refuse(operation, event, [...shape, ...newEventErrors(event)])
  const asked = onStored(operation, events)
  await prepareNew(asked, event, { options })
  return viewed(await createObject(asked, event, options))
}

interface Change {
  readonly options: WriteOptions
  readonly next: (event: MutableObject) => MutableObject
}

const update = async (
  operation: Operation,
  events: Resource,
  { options, next }: Change,
): Promise<Written> => {
  const written = await updateObject(onStored(operation, events), {
    options,
    next: (current) => {
      const sent = next(newerEvent(current.copy()))
      const shape = operation.target.version.schema.validate(sent)
      const event = storedEvent(sent)
      refuse(operation, event, [...shape, ...changedEventErrors(event, current.object)])
      return event
    },
  })
  return viewed(written)
}

const put = async (operation: Operation, events: Resource): Promise<PatchResult> => {
  const { target, call } = operation
  if (target.name === "") throw methodNotAllowed(subjectOf(target), "PUT")
  const options = parseWriteOptions(call, "UpdateOptions")
  const sent = readIncoming(operation, options)
  matchName(sent, target)
  try {
    return { written: await update(operation, events, { options, next: () => clone(sent) }), created: false }
  } catch (error) {
    if (!createsMissing(operation, sent, error)) throw error
  }
  return { written: await createStored(operation, events, { sent: clone(sent), options }), created: true }
}

/** The applied Event is applied as it is stored, so that the same fields are owned. */
const applyStored = async (
  operation: Operation,
  events: Resource,
  options: WriteOptions,
): Promise<PatchResult> => {
  const { call } = operation
  const body = Buffer.from(JSON.stringify(storedEvent(readApplied(operation, options))))
  const asked = { ...call, request: { ...call.request, body } }
  const { written, created } = await apply({ ...onStored(operation, events), call: asked }, options)
  return { written: viewed(written), created }
}

const patch = async (operation: Operation, events: Resource): Promise<PatchResult> => {
  const { target, call } = operation
  if (target.name === "") throw methodNotAllowed(subjectOf(target), "PATCH")
  const options = parseWriteOptions(call, "PatchOptions")
  if (isApply(operation)) return applyStored(operation, events, options)
  const next = readPatch(operation, options)
  return { written: await update(operation, events, { options, next }), created: false }
}

/** The writes of the newer Events; refusals speak of those. */
export const eventWrites = (resource: Resource, { of: events }: Facade): Writes => {
  const told = async <A>(run: () => Promise<A>): Promise<A> => {
    try {
      return await run()
    } catch (error) {
      throw inWordsOf(resource, events, error)
    }
  }
  return {
    create: (operation) => told(() => create(operation, events)),
    put: (operation) => told(() => put(operation, events)),
    patch: (operation) => told(() => patch(operation, events)),
    deleteObject: (operation, options) =>
      told(async () => {
        const deleted = await deleteObject(onStored(operation, events), options)
        return deleted.type === "gone"
          ? { ...deleted, last: viewed(deleted.last) }
          : { ...deleted, written: viewed(deleted.written) }
      }),
    deleteCollection: (operation) =>
      told(() => deleteCollection(operation, (one, options) => deleteObject(onStored(one, events), options))),
  }
}
