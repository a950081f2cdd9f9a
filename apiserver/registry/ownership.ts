/**
 * Ownership of fields across the versions of a kind: what is recorded in another version is compared there, where a webhook
 * converts between them. Kinds whose versions differ in their name only need none of it. Source: KEP-555.
 */
import type { ManagedFieldsEntry } from "../../schemas/index.ts"
import { isObject } from "../body-object.ts"
import type { MutableObject, UpdateInput, Versions } from "../machinery.ts"
import { StatusError } from "../status-error.ts"
import { convertObjects } from "../watch-cache/conversion.ts"
import type { Operation, Target } from "./context.ts"
import { metadataOf, stringOf } from "./object-meta.ts"

/** The other versions that fields of an object are owned in, as far as the kind has them. */
const otherVersions = (object: MutableObject, { resource, version }: Target): ReadonlyArray<string> => {
  if (resource.converter === undefined) return []
  const { managedFields } = metadataOf(object)
  if (!Array.isArray(managedFields)) return []
  const recorded = managedFields.flatMap((entry) => (isObject(entry) ? [stringOf(entry, "apiVersion")] : []))
  return [...new Set(recorded)].filter((name) => name !== version.apiVersion && resource.declared.has(name))
}

const copied = (object: MutableObject): MutableObject => structuredClone(object)

/** Undefined where nothing is owned in another version. */
export const versionsFor = (live: MutableObject | undefined, target: Target): Versions | undefined => {
  if (live === undefined || otherVersions(live, target).length === 0) return undefined
  const { resource } = target
  return {
    schema: (apiVersion) => resource.declared.get(apiVersion)?.schema,
    convert: async (objects, apiVersion) => {
      const version = resource.declared.get(apiVersion)
      return version === undefined ? objects : convertObjects(objects.map(copied), version, resource)
    },
  }
}

/**
 * The managedFields of an update. Where the other versions cannot be had, a write is not refused for that: fields are
 * compared by their paths.
 */
export const ownedAfter = (
  { context, target }: Operation,
  input: UpdateInput,
): ReadonlyArray<ManagedFieldsEntry> | Promise<ReadonlyArray<ManagedFieldsEntry>> => {
  const { live, next } = input
  const versions = versionsFor(live, target)
  if (live === undefined || versions === undefined) return context.fields.update(input)
  return inOtherVersions({ live, next, target, versions }).then((elsewhere) =>
    context.fields.update(elsewhere === undefined ? input : { ...input, elsewhere }),
  )
}

interface States {
  readonly live: MutableObject
  readonly next: MutableObject
  readonly target: Target
  readonly versions: Versions
}

const inOtherVersions = async ({
  live,
  next,
  target,
  versions,
}: States): Promise<UpdateInput["elsewhere"]> => {
  const elsewhere = new Map<
    string,
    { live: MutableObject; next: MutableObject; schema: UpdateInput["schema"] }
  >()
  try {
    for (const apiVersion of otherVersions(live, target)) {
      const schema = versions.schema(apiVersion)
      const [before, after] = await versions.convert([live, next], apiVersion)
      if (schema === undefined || before === undefined || after === undefined) continue
      elsewhere.set(apiVersion, { live: before, next: after, schema })
    }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return undefined
  }
  return elsewhere
}
