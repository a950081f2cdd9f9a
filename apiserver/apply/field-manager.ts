/**
 * Server-side apply and the ownership that it rests on.
 * Source: KEP-555, structured-merge-diff `merge.Updater`. Start with {@link fieldManager}.
 */
import type { Json, JsonObject, ManagedFieldsEntry } from "../../schemas/index.ts"
import { checkDepth, clone, equal, isObject, own } from "../json/index.ts"
import {
  type ApplyInput,
  type FieldManager,
  MachineryError,
  type MutableJson,
  type MutableObject,
  type UpdateInput,
} from "../machinery.ts"
import { type Comparison, compareObjects, isUnchanged } from "./comparison.ts"
import { configurationOf } from "./configuration.ts"
import { type Conflict, conflictError } from "./conflict.ts"
import {
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmpty,
  only,
  sameSet,
  union,
} from "./field-set.ts"
import {
  capped,
  identityOf,
  isReset,
  type Manager,
  type Managers,
  managedFieldsOf,
  ownersOnly,
  parseManagers,
} from "./managers.ts"
import { mergeObjects, withNamedParents, withoutFields } from "./merge.ts"
import { underSchema } from "./schema-change.ts"
import { rootShape, type Shape } from "./shape.ts"

const nobody: Managers = new Map()

const metadataOf = (object: JsonObject | undefined): JsonObject => {
  const metadata = object === undefined ? undefined : own(object, "metadata")
  return isObject(metadata) ? metadata : {}
}

const entriesOf = (object: JsonObject | undefined): Json | undefined =>
  own(metadataOf(object), "managedFields")

const withoutEntries = (object: JsonObject | undefined): JsonObject => {
  if (object === undefined) return {}
  if (entriesOf(object) === undefined) return object
  const { managedFields: _, ...metadata } = metadataOf(object)
  return { ...object, metadata }
}

const text = (object: JsonObject, key: string): string => {
  const value = own(object, key)
  return typeof value === "string" ? value : ""
}

/** What an endpoint lets a writer own: status through /status, all through any other. */
const ownable = (set: FieldSet, subresource: string): FieldSet =>
  subresource === "status" ? only(set, "f:status") : set

/** The other managers without the fields that changed under them. */
const dispossessed = (managers: Managers, { added, modified, removed }: Comparison): Map<string, Manager> => {
  const gone = union(union(added, modified), removed)
  const result = new Map<string, Manager>()
  for (const [identity, manager] of managers) {
    const set = difference(manager.set, gone)
    if (set === manager.set) result.set(identity, manager)
    else if (!isEmpty(set)) result.set(identity, { ...manager, set })
  }
  return result
}

/** The managers that an update starts from: those that the client sent, or the stored ones. */
const managersBefore = ({ live, next, subresource }: UpdateInput): Managers => {
  const stored = (): Managers => parseManagers(entriesOf(live)) ?? nobody
  if (subresource !== "") return stored()
  const sent = entriesOf(next)
  if (isReset(sent)) return nobody
  const managers = parseManagers(sent)
  return managers === undefined || managers.size === 0 ? stored() : managers
}

const update = (input: UpdateInput): ReadonlyArray<ManagedFieldsEntry> => {
  const { live, next, manager: name, subresource, schema, now } = input
  checkDepth(next)
  const root = rootShape(schema.root)
  const comparison = compareObjects(withoutEntries(live), withoutEntries(next), root)
  const managers = managersBefore(input)
  if (isUnchanged(comparison)) return managedFieldsOf(capped(ownersOnly(managers)))
  const after = dispossessed(managers, comparison)
  const taken = ownable(union(comparison.added, comparison.modified), subresource)
  const self = { name, operation: "Update" as const, apiVersion: text(next, "apiVersion"), subresource }
  const identity = identityOf(self)
  const [entry] = ownersOnly(new Map([[identity, { ...self, time: now, set: taken }]])).values()
  if (entry !== undefined) {
    const before = after.get(identity)
    after.set(identity, before === undefined ? entry : { ...entry, set: union(before.set, entry.set) })
  }
  return managedFieldsOf(capped(ownersOnly(after)))
}

/** `NS/NAME; G/V, Kind=K`, as the refusals name an object. */
const objectText = (applied: JsonObject): string => {
  const metadata = metadataOf(applied)
  const namespace = text(metadata, "namespace")
  const name = text(metadata, "name")
  const place = namespace === "" ? name : `${namespace}/${name}`
  return `${place}; ${text(applied, "apiVersion")}, Kind=${text(applied, "kind")}`
}

const declaredFields = (applied: JsonObject, root: Shape): FieldSet => {
  if (entriesOf(applied) !== undefined)
    throw new MachineryError("BadRequest", "metadata.managedFields must be nil")
  const { set, errors } = configurationOf(applied, root)
  const [first, ...more] = errors
  if (first === undefined) return set
  const said = more.length === 0 ? first : `errors:\n${errors.map((error) => `  ${error}`).join("\n")}`
  throw new MachineryError("Invalid", `failed to create typed patch object (${objectText(applied)}): ${said}`)
}

/** The managers of a live object; one never tracked belongs, as it stands, to `before-first-apply`. */
const managersOfLive = ({ live, schema }: ApplyInput): Managers => {
  const root = rootShape(schema.root)
  const managers = parseManagers(entriesOf(live)) ?? nobody
  if (live === undefined || managers.size > 0) {
    return new Map(
      [...managers].map(([identity, each]) => [identity, { ...each, set: underSchema(each.set, root) }]),
    )
  }
  const { added } = compareObjects({}, withoutEntries(live), root)
  const self = {
    name: "before-first-apply",
    operation: "Update" as const,
    apiVersion: text(live, "apiVersion"),
    subresource: "",
  }
  return ownersOnly(new Map([[identityOf(self), { ...self, time: undefined, set: added }]]))
}

const allFields = (managers: Iterable<Manager>): FieldSet => {
  let all = emptySet
  for (const { set } of managers) all = union(all, set)
  return all
}

/** What others own and the apply would change. */
const conflictsOf = (others: Managers, { added, modified }: Comparison): ReadonlyArray<Conflict> => {
  const changed = union(added, modified)
  const conflicts: Conflict[] = []
  for (const manager of others.values()) {
    const fields = intersection(manager.set, changed)
    if (!isEmpty(fields)) conflicts.push({ manager, fields })
  }
  return conflicts
}

const apply = (input: ApplyInput): MutableObject => {
  const { live, applied, manager: name, force, subresource, schema, now } = input
  checkDepth(applied)
  const root = rootShape(schema.root)
  const declared = ownable(declaredFields(applied, root), subresource)
  const self = { name, operation: "Apply" as const, apiVersion: text(applied, "apiVersion"), subresource }
  const identity = identityOf(self)
  const others = new Map(managersOfLive(input))
  const last = others.get(identity)
  others.delete(identity)

  const before = withoutEntries(live)
  const owned = withNamedParents(union(declared, allFields(others.values())), root)
  const dropped = last === undefined ? emptySet : difference(withNamedParents(last.set, root), owned)
  const merged = withoutFields(mergeObjects(before, applied, root), dropped, root)

  const comparison = compareObjects(before, merged, root)
  const conflicts = conflictsOf(others, comparison)
  if (conflicts.length > 0 && !force) throw conflictError(conflicts)

  const [fresh] = ownersOnly(new Map([[identity, { ...self, time: now, set: declared }]])).values()
  const same = fresh !== undefined && last !== undefined && sameSet(fresh.set, last.set)
  const unchanged = same && last.apiVersion === self.apiVersion && equal(before, merged)
  const after = dispossessed(others, comparison)
  if (fresh !== undefined) after.set(identity, unchanged ? last : fresh)
  return withManagers(merged, after)
}

const withManagers = (object: MutableObject, managers: Managers): MutableObject => {
  const entries = managedFieldsOf(capped(ownersOnly(managers)))
  if (entries.length === 0) return object
  const metadata = own(object, "metadata")
  const managedFields = entries.map((entry): MutableJson => clone({ ...entry }))
  return { ...object, metadata: { ...(isObject(metadata) ? metadata : {}), managedFields } }
}

/**
 * Ownership of fields.
 *
 * The caller resets what its endpoint does not write before it asks (status on the main one, all but status on
 * /status): what does not change is not taken. `apply` fails with Conflict (causes of FieldManagerConflict),
 * Invalid (a field that the schema does not declare) or BadRequest (managedFields in the configuration).
 */
export const fieldManager: FieldManager = { apply, update }
