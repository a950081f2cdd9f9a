/**
 * Server-side apply and the ownership that it rests on.
 * Source: KEP-555, structured-merge-diff `merge.Updater`. Start with {@link fieldManager}.
 */
import type { ManagedFieldsEntry } from "../../schemas/index.ts"
import { checkDepth } from "../json/index.ts"
import type { ApplyInput, FieldManager, MutableObject, UpdateInput } from "../machinery.ts"
import { applyAcross } from "./across-versions.ts"
import { beginApply, finishApply } from "./apply-steps.ts"
import { type Comparison, compareObjects, isUnchanged } from "./comparison.ts"
import { difference, emptySet, union } from "./field-set.ts"
import {
  capped,
  identityOf,
  isReset,
  type Managers,
  managedFieldsOf,
  ownersOnly,
  parseManagers,
} from "./managers.ts"
import { withNamedParents, withoutFields } from "./merge.ts"
import {
  allFields,
  type ComparisonIn,
  dispossessed,
  entriesOf,
  nobody,
  ownable,
  text,
  withoutEntries,
} from "./ownership-steps.ts"
import { rootShape } from "./shape.ts"

/** The managers that an update starts from: those that the client sent, or the stored ones. */
const managersBefore = ({ live, next, subresource }: UpdateInput): Managers => {
  const stored = (): Managers => parseManagers(entriesOf(live)) ?? nobody
  if (subresource !== "") return stored()
  const sent = entriesOf(next)
  if (isReset(sent)) return nobody
  const managers = parseManagers(sent)
  return managers === undefined || managers.size === 0 ? stored() : managers
}

/** What changed in each version that the input has the object in; in any other by the paths of its own version. */
const comparisonsOf = ({ elsewhere }: UpdateInput, own: Comparison): ComparisonIn => {
  if (elsewhere === undefined) return () => own
  const known = new Map<string, Comparison>()
  for (const [apiVersion, { live, next, schema }] of elsewhere) {
    known.set(apiVersion, compareObjects(withoutEntries(live), withoutEntries(next), rootShape(schema.root)))
  }
  return (apiVersion) => known.get(apiVersion) ?? own
}

const update = (input: UpdateInput): ReadonlyArray<ManagedFieldsEntry> => {
  const { live, next, manager: name, subresource, schema, now } = input
  checkDepth(next)
  const root = rootShape(schema.root)
  const comparison = compareObjects(withoutEntries(live), withoutEntries(next), root)
  const managers = managersBefore(input)
  if (isUnchanged(comparison)) return managedFieldsOf(capped(ownersOnly(managers)))
  const after = dispossessed(managers, comparisonsOf(input, comparison))
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

const apply = (input: ApplyInput): MutableObject => {
  const begun = beginApply(input)
  const { root, declared, others, last, before, merged } = begun
  const owned = withNamedParents(union(declared, allFields(others.values())), root)
  const dropped = last === undefined ? emptySet : difference(withNamedParents(last.set, root), owned)
  const kept = withoutFields(merged, dropped, root)
  const comparison = compareObjects(before, kept, root)
  return finishApply(input, begun, { merged: kept, comparisonIn: () => comparison })
}

/**
 * Ownership of fields.
 *
 * The caller resets what its endpoint does not write before it asks (status on the main one, all but status on
 * /status): what does not change is not taken. `apply` fails with Conflict (causes of FieldManagerConflict),
 * Invalid (a field that the schema does not declare) or BadRequest (managedFields in the configuration).
 */
export const fieldManager: FieldManager = { apply, update, applyAcross }
