/** Admission of deletions, and of what is written otherwise than by the registry's own create and update: views, questions, subresources. */
import type { MutableObject } from "../machinery.ts"
import type { AdmissionRequest, Operation } from "./context.ts"
import type { DeleteOptions } from "./delete-options.ts"
import { deleteOptionsObject } from "./delete-options.ts"
import { optionsObject, type WriteOptions } from "./write-options.ts"

export interface AdmittedWrite {
  /** Admission may change it. */
  readonly object: MutableObject
  /** What it was; undefined when it is new. */
  readonly old: MutableObject | undefined
  readonly options: WriteOptions
  /** The kind of the object, where it is not the resource's. */
  readonly kind?: AdmissionRequest["kind"]
}

/**
 * Admits a write; `check` says what the admitted object comes to, before those are asked who only refuse. Rejects with the
 * refusal.
 */
export const admitWrite = async <A>(
  { context, call, target }: Operation,
  { object, old, options, kind }: AdmittedWrite,
  check: () => A,
): Promise<A> => {
  const { schema } = target.version
  const isNew = old === undefined
  const request = {
    operation: isNew ? "CREATE" : "UPDATE",
    target,
    object,
    old,
    dryRun: options.dryRun,
    call,
    options: optionsObject(isNew ? "CreateOptions" : "UpdateOptions", options),
    ...(kind === undefined ? {} : { kind }),
  } as const
  const settle = (): void => {
    if (kind !== undefined) return
    schema.prune(object)
    schema.applyDefaults(object)
  }
  await context.admit({ ...request, settle })
  const checked = check()
  await context.admitValid(request)
  return checked
}

/** Admits the deletion of an object. Rejects with the refusal. */
export const admitDeletion = async (
  { context, call, target }: Operation,
  old: MutableObject,
  options: DeleteOptions,
): Promise<void> => {
  const request = {
    operation: "DELETE",
    target,
    object: undefined,
    old,
    dryRun: options.dryRun,
    call,
    options: deleteOptionsObject(options),
  } as const
  await context.admit(request)
  await context.admitValid(request)
}
