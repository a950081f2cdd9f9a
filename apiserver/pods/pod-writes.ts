/**
 * The verbs that write Pods: each becomes the same verb on the Sandbox of that name.
 *
 * Each is admitted twice: as what was asked of the Pod, and as what comes of it for the Sandbox.
 */
import { clone, equal } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import { admitDeletion, admitWrite } from "../registry/admit-write.ts"
import { type Adjust, apply, readApplied } from "../registry/apply.ts"
import { type Operation, subjectOf } from "../registry/context.ts"
import { createObject, prepareNew } from "../registry/create.ts"
import { type Deleted, deleteObject } from "../registry/delete.ts"
import { deleteCollection } from "../registry/delete-collection.ts"
import type { DeleteOptions } from "../registry/delete-options.ts"
import { decodeDocument } from "../registry/document.ts"
import { inWordsOf } from "../registry/facade-refusal.ts"
import { matchName, readIncoming } from "../registry/incoming.ts"
import { metadataOf, nameOf } from "../registry/object-meta.ts"
import { isApply, readPatch } from "../registry/patch.ts"
import { updateObject } from "../registry/update.ts"
import { parseWriteOptions, type WriteOptions } from "../registry/write-options.ts"
import type { Writes } from "../registry/writes.ts"
import { servedBytes, type Written } from "../registry/written.ts"
import type { Facade, Resource } from "../resource.ts"
import { invalid, methodNotAllowed } from "../status-error.ts"
import { updateErrors, withPodChanges } from "./pod-update.ts"
import { sandboxOfPod } from "./sandbox-of-pod.ts"

type View = Facade["view"]

/** The operation on the Sandbox of the Pod that is asked for. */
const onSandbox = (operation: Operation, sandboxes: Resource): Operation => ({
  ...operation,
  target: { ...operation.target, resource: sandboxes, version: sandboxes.storage, subresource: "" },
})

const viewed = (written: Written, view: View): Written => ({
  revision: written.revision,
  bytes: servedBytes(
    view(decodeDocument(written.bytes)),
    written.revision === 0n ? undefined : written.revision,
  ),
})

const askedSandbox = (operation: Operation, pod: MutableObject, sandboxes: Resource): MutableObject => {
  const { target } = operation
  const shape = target.version.schema.validate(pod)
  const { sandbox, errors } = sandboxOfPod(pod, sandboxes)
  if (shape.length + errors.length > 0)
    throw invalid(target.resource.subject(nameOf(pod)), [...shape, ...errors])
  return sandbox
}

const createPod = async (operation: Operation, sandboxes: Resource): Promise<Written> => {
  const { target, call } = operation
  if (target.name !== "") throw methodNotAllowed(subjectOf(target), "POST")
  const options = parseWriteOptions(call, "CreateOptions")
  const pod = readIncoming(operation, options)
  matchName(pod, target)
  delete pod.status
  target.version.schema.applyDefaults(pod)
  const write = { object: pod, old: undefined, options }
  const sandbox = await admitWrite(operation, write, () => askedSandbox(operation, pod, sandboxes))
  const asked = onSandbox(operation, sandboxes)
  await prepareNew(asked, sandbox, { options })
  return createObject(asked, sandbox, options)
}

interface Change {
  readonly options: WriteOptions
  readonly next: (pod: MutableObject) => MutableObject
}

/** Fails with `Invalid`. */
const checkUpdate = (operation: Operation, old: MutableObject, pod: MutableObject): void => {
  const errors = [...operation.target.version.schema.validate(pod), ...updateErrors(old, pod)]
  if (errors.length > 0) throw invalid(subjectOf(operation.target), errors)
}

const updatePod = (operation: Operation, facade: Facade, { options, next }: Change): Promise<Written> =>
  updateObject(onSandbox(operation, facade.of), {
    options,
    next: async (current) => {
      const pod = next(facade.view(current.copy()))
      operation.target.version.schema.applyDefaults(pod)
      const old = facade.view(current.copy())
      await admitWrite(operation, { object: pod, old, options }, () => checkUpdate(operation, old, pod))
      return withPodChanges(current.copy(), pod)
    },
  })

const putPod = (operation: Operation, facade: Facade): Promise<Written> => {
  const { call, target } = operation
  const options = parseWriteOptions(call, "UpdateOptions")
  const sent = readIncoming(operation, options)
  matchName(sent, target)
  return updatePod(operation, facade, { options, next: () => clone(sent) })
}

/** Admits what an apply comes to, as a Pod; what admission has changed of that is changed of the Sandbox. */
const admitApplied =
  (operation: Operation, { view, of }: Facade, options: WriteOptions): Adjust =>
  async (live, merged) => {
    const pod = view(clone(merged))
    const asked = clone(pod)
    const old = live === undefined ? undefined : view(live)
    await admitWrite(operation, { object: pod, old, options }, () => {
      if (old !== undefined && !equal(pod, asked)) checkUpdate(operation, asked, pod)
    })
    if (equal(pod, asked)) return merged
    if (old !== undefined) return withPodChanges(merged, pod)
    delete pod.status
    const sandbox = askedSandbox(operation, pod, of)
    metadataOf(sandbox).managedFields = metadataOf(merged).managedFields ?? []
    return sandbox
  }

/** The applied Pod is applied as the Sandbox that it asks for, so that the same fields are owned. */
const applyPod = (operation: Operation, options: WriteOptions, facade: Facade) => {
  const pod = readApplied(operation, options)
  const applied = askedSandbox(operation, pod, facade.of)
  const { call } = operation
  const { resourceVersion } = metadataOf(pod)
  if (resourceVersion !== undefined) metadataOf(applied).resourceVersion = resourceVersion
  const body = Buffer.from(JSON.stringify(applied))
  const asked = { ...call, request: { ...call.request, body } }
  const adjust = admitApplied(operation, facade, options)
  return apply({ ...onSandbox(operation, facade.of), call: asked }, options, adjust)
}

const patchPod = async (operation: Operation, facade: Facade) => {
  const { call, target } = operation
  if (target.name === "") throw methodNotAllowed(subjectOf(target), "PATCH")
  const options = parseWriteOptions(call, "PatchOptions")
  if (isApply(operation)) return applyPod(operation, options, facade)
  const patch = readPatch(operation, options)
  const written = await updatePod(operation, facade, { options, next: patch })
  return { written, created: false }
}

/** The writes of a resource of Pods. A Pod's status is its Sandbox's: no client writes it here. */
export const podWrites = (pods: Resource, facade: Facade): Writes => {
  const told = async <A>(operation: Operation, run: () => Promise<A>): Promise<A> => {
    if (operation.target.subresource !== "")
      throw methodNotAllowed(subjectOf(operation.target), operation.call.info.method)
    try {
      return await run()
    } catch (error) {
      throw inWordsOf(pods, facade.of, error)
    }
  }
  const { view, of } = facade
  const deletePod = (operation: Operation, options: DeleteOptions): Promise<Deleted> =>
    deleteObject(onSandbox(operation, of), options, (object) =>
      admitDeletion(operation, view(object), options),
    )
  return {
    create: (operation) => told(operation, async () => viewed(await createPod(operation, of), view)),
    put: (operation) =>
      told(operation, async () => ({
        written: viewed(await putPod(operation, facade), view),
        created: false,
      })),
    patch: (operation) =>
      told(operation, async () => {
        const { written, created } = await patchPod(operation, facade)
        return { written: viewed(written, view), created }
      }),
    deleteObject: (operation, options) =>
      told(operation, async () => {
        const deleted = await deletePod(operation, options)
        return deleted.type === "gone"
          ? { ...deleted, last: viewed(deleted.last, view) }
          : { ...deleted, written: viewed(deleted.written, view) }
      }),
    deleteCollection: (operation) => told(operation, () => deleteCollection(operation, deletePod)),
  }
}
