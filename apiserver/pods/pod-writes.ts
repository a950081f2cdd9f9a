/**
 * The verbs that write Pods: each becomes the same verb on the Sandbox of that name.
 *
 * A create is admitted twice, as the Pod that was asked for and as the Sandbox that comes of it; every other verb as a change
 * of the Sandbox.
 */
import { clone } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import { apply, readApplied } from "../registry/apply.ts"
import { type Operation, subjectOf } from "../registry/context.ts"
import { createObject, prepareNew } from "../registry/create.ts"
import { deleteObject } from "../registry/delete.ts"
import { deleteCollection } from "../registry/delete-collection.ts"
import { decodeDocument } from "../registry/document.ts"
import { matchName, readIncoming } from "../registry/incoming.ts"
import { metadataOf, nameOf } from "../registry/object-meta.ts"
import { isApply, readPatch } from "../registry/patch.ts"
import { updateObject } from "../registry/update.ts"
import { optionsObject, parseWriteOptions, type WriteOptions } from "../registry/write-options.ts"
import type { Writes } from "../registry/writes.ts"
import { servedBytes, type Written } from "../registry/written.ts"
import type { Facade, Resource } from "../resource.ts"
import { invalid, methodNotAllowed } from "../status-error.ts"
import { updateErrors, withPodChanges } from "./pod-update.ts"
import { inWordsOf } from "./refusals.ts"
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
  const { target, call, context } = operation
  if (target.name !== "") throw methodNotAllowed(subjectOf(target), "POST")
  const options = parseWriteOptions(call, "CreateOptions")
  const pod = readIncoming(operation, options)
  matchName(pod, target)
  delete pod.status
  target.version.schema.applyDefaults(pod)
  const request = {
    operation: "CREATE",
    target,
    object: pod,
    old: undefined,
    dryRun: options.dryRun,
    call,
    options: optionsObject("CreateOptions", options),
  } as const
  const settle = (): void => {
    target.version.schema.prune(pod)
    target.version.schema.applyDefaults(pod)
  }
  await context.admit({ ...request, settle })
  const sandbox = askedSandbox(operation, pod, sandboxes)
  await context.admitValid(request)
  const asked = onSandbox(operation, sandboxes)
  await prepareNew(asked, sandbox, { options })
  return createObject(asked, sandbox, options)
}

interface Change {
  readonly options: WriteOptions
  readonly next: (pod: MutableObject) => MutableObject
}

const updatePod = (operation: Operation, facade: Facade, { options, next }: Change): Promise<Written> =>
  updateObject(onSandbox(operation, facade.of), {
    options,
    next: (current) => {
      const before = facade.view(current.copy())
      const after = next(before)
      operation.target.version.schema.applyDefaults(after)
      const errors = [
        ...operation.target.version.schema.validate(after),
        ...updateErrors(facade.view(current.copy()), after),
      ]
      if (errors.length > 0) throw invalid(subjectOf(operation.target), errors)
      return withPodChanges(current.copy(), after)
    },
  })

const putPod = (operation: Operation, facade: Facade): Promise<Written> => {
  const { call, target } = operation
  const options = parseWriteOptions(call, "UpdateOptions")
  const sent = readIncoming(operation, options)
  matchName(sent, target)
  return updatePod(operation, facade, { options, next: () => clone(sent) })
}

/** The applied Pod is applied as the Sandbox that it asks for, so that the same fields are owned. */
const applyPod = (operation: Operation, options: WriteOptions, sandboxes: Resource) => {
  const pod = readApplied(operation, options)
  const applied = askedSandbox(operation, pod, sandboxes)
  const { call } = operation
  const { resourceVersion } = metadataOf(pod)
  if (resourceVersion !== undefined) metadataOf(applied).resourceVersion = resourceVersion
  const body = Buffer.from(JSON.stringify(applied))
  const asked = { ...call, request: { ...call.request, body } }
  return apply({ ...onSandbox(operation, sandboxes), call: asked }, options)
}

const patchPod = async (operation: Operation, facade: Facade) => {
  const { call, target } = operation
  if (target.name === "") throw methodNotAllowed(subjectOf(target), "PATCH")
  const options = parseWriteOptions(call, "PatchOptions")
  if (isApply(operation)) return applyPod(operation, options, facade.of)
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
  return {
    create: (operation) => told(operation, async () => viewed(await createPod(operation, of), view)),
    put: (operation) => told(operation, async () => viewed(await putPod(operation, facade), view)),
    patch: (operation) =>
      told(operation, async () => {
        const { written, created } = await patchPod(operation, facade)
        return { written: viewed(written, view), created }
      }),
    deleteObject: (operation, options) =>
      told(operation, async () => {
        const deleted = await deleteObject(onSandbox(operation, of), options)
        return deleted.type === "gone"
          ? { ...deleted, last: viewed(deleted.last, view) }
          : { ...deleted, written: viewed(deleted.written, view) }
      }),
    deleteCollection: (operation) =>
      told(operation, () =>
        deleteCollection(operation, (one, options) => deleteObject(onSandbox(one, of), options)),
      ),
  }
}
