/** The beginning and the end of an apply; what lies between is for one version of a kind, or for several. */
import type { JsonObject } from "../../schemas/index.ts"
import { checkDepth, equal } from "../json/index.ts"
import type { ApplyInput, MutableObject } from "../machinery.ts"
import { compareObjects } from "./comparison.ts"
import { conflictError } from "./conflict.ts"
import { type FieldSet, sameSet } from "./field-set.ts"
import { identityOf, type Manager, type Managers, ownersOnly, parseManagers } from "./managers.ts"
import { mergeObjects } from "./merge.ts"
import {
  type ComparisonIn,
  conflictsOf,
  declaredFields,
  dispossessed,
  entriesOf,
  nobody,
  ownable,
  text,
  withManagers,
  withoutEntries,
} from "./ownership-steps.ts"
import { underSchema } from "./schema-change.ts"
import { rootShape, type Shape } from "./shape.ts"

/** The managers of a live object; one never tracked belongs, as it stands, to `before-first-apply`. */
const managersOfLive = ({ live, schema }: ApplyInput, rootIn: (apiVersion: string) => Shape): Managers => {
  const root = rootShape(schema.root)
  const managers = parseManagers(entriesOf(live)) ?? nobody
  if (live === undefined || managers.size > 0) {
    return new Map(
      [...managers].map(([identity, each]) => [
        identity,
        { ...each, set: underSchema(each.set, rootIn(each.apiVersion)) },
      ]),
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

export interface BegunApply {
  readonly root: Shape
  /** What the configuration names. */
  readonly declared: FieldSet
  readonly self: Pick<Manager, "name" | "operation" | "apiVersion" | "subresource">
  readonly others: Managers
  /** What the same applier had. */
  readonly last: Manager | undefined
  readonly before: JsonObject
  /** The configuration over the live object; what the applier names no longer is still there. */
  readonly merged: MutableObject
}

/** `rootIn` is the shape of a version, for what is recorded in it. */
export const beginApply = (
  input: ApplyInput,
  rootIn: (apiVersion: string) => Shape = () => rootShape(input.schema.root),
): BegunApply => {
  const { live, applied, manager: name, subresource, schema } = input
  checkDepth(applied)
  const root = rootShape(schema.root)
  const declared = ownable(declaredFields(applied, root), subresource)
  const self = { name, operation: "Apply" as const, apiVersion: text(applied, "apiVersion"), subresource }
  const others = new Map(managersOfLive(input, rootIn))
  const identity = identityOf(self)
  const last = others.get(identity)
  others.delete(identity)
  const before = withoutEntries(live)
  return { root, declared, self, others, last, before, merged: mergeObjects(before, applied, root) }
}

interface Merged {
  readonly merged: MutableObject
  readonly comparisonIn: ComparisonIn
}

/** The merged object with its managers. Fails with Conflict. */
export const finishApply = (
  { force, now }: ApplyInput,
  { self, others, last, declared, before }: BegunApply,
  { merged, comparisonIn }: Merged,
): MutableObject => {
  const conflicts = conflictsOf(others, comparisonIn)
  if (conflicts.length > 0 && !force) throw conflictError(conflicts)
  const identity = identityOf(self)
  const [fresh] = ownersOnly(new Map([[identity, { ...self, time: now, set: declared }]])).values()
  const same = fresh !== undefined && last !== undefined && sameSet(fresh.set, last.set)
  const unchanged = same && last.apiVersion === self.apiVersion && equal(before, merged)
  const after = dispossessed(others, comparisonIn)
  if (fresh !== undefined) after.set(identity, unchanged ? last : fresh)
  return withManagers(merged, after)
}
