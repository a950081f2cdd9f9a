/**
 * An apply to an object whose fields are owned in other versions of its kind, where versions differ in more than their
 * name: what a manager owns is compared in the version that it was recorded in.
 * Source: structured-merge-diff `merge.Updater` (prune, addBackOwnedItems). Start with {@link applyAcross}.
 */
import type { ApplyInput, MutableObject, Versions } from "../machinery.ts"
import { type BegunApply, beginApply, finishApply } from "./apply-steps.ts"
import { type Comparison, compareObjects } from "./comparison.ts"
import { difference, emptySet, type FieldSet, union } from "./field-set.ts"
import { parseManagers } from "./managers.ts"
import { withNamedParents, withoutFields } from "./merge.ts"
import { entriesOf, text, withoutEntries } from "./ownership-steps.ts"
import { rootShape, type Shape } from "./shape.ts"

/** The object with all that was there, and without what its applier dropped, in one version. */
interface Pruning {
  readonly whole: MutableObject
  readonly pruned: MutableObject
  readonly apiVersion: string
}

const fieldsOf = (object: MutableObject, root: Shape): FieldSet => compareObjects({}, object, root).added

/** What is owned after the apply, by the version that it is recorded in. */
const ownedIn = ({ others, self, declared }: BegunApply): ReadonlyMap<string, FieldSet> => {
  const owned = new Map<string, FieldSet>([[self.apiVersion, declared]])
  for (const { apiVersion, set } of others.values())
    owned.set(apiVersion, union(owned.get(apiVersion) ?? emptySet, set))
  return owned
}

class Across {
  readonly #versions: Versions
  readonly #own: string
  readonly #roots: ReadonlyMap<string, Shape>

  constructor(versions: Versions, own: string, roots: ReadonlyMap<string, Shape>) {
    this.#versions = versions
    this.#own = own
    this.#roots = roots
  }

  root(apiVersion: string): Shape {
    return this.#roots.get(apiVersion) ?? this.#roots.get(this.#own)
  }

  async at(
    objects: ReadonlyArray<MutableObject>,
    [from, to]: readonly [string, string],
  ): Promise<ReadonlyArray<MutableObject>> {
    return from === to ? objects : (await this.#versions.convert(objects, to)).map(plain)
  }

  /** Without what the applier owned at first and names no more, unless it is owned in some version. */
  async prune(begun: BegunApply): Promise<MutableObject> {
    const { last, self, merged } = begun
    if (last === undefined || !this.#roots.has(last.apiVersion)) return merged
    const [whole = merged] = await this.at([merged], [self.apiVersion, last.apiVersion])
    const root = this.root(last.apiVersion)
    const pruned = withoutFields(whole, withNamedParents(last.set, root), root)
    let state: Pruning = { whole, pruned, apiVersion: last.apiVersion }
    for (const [apiVersion, owned] of inOrder(ownedIn(begun), last.apiVersion, self.apiVersion))
      state = await this.#addBack(state, apiVersion, owned)
    const [result = merged] = await this.at([state.pruned], [state.apiVersion, self.apiVersion])
    return result
  }

  /** Of what was pruned, what is owned in a version is there again; the state is in that version then. */
  async #addBack(state: Pruning, apiVersion: string, owned: FieldSet): Promise<Pruning> {
    const both = [state.whole, state.pruned]
    const [whole = state.whole, left = state.pruned] = await this.at(both, [state.apiVersion, apiVersion])
    const root = this.root(apiVersion)
    const [all, kept] = [fieldsOf(whole, root), fieldsOf(left, root)]
    const staying = union(withNamedParents(kept, root), withNamedParents(owned, root))
    const gone = difference(withNamedParents(all, root), staying)
    return { whole, pruned: withoutFields(whole, gone, root), apiVersion }
  }
}

/** The version that things were pruned in first, that of the answer last. */
function* inOrder(
  owned: ReadonlyMap<string, FieldSet>,
  first: string,
  last: string,
): Generator<readonly [string, FieldSet]> {
  yield [first, owned.get(first) ?? emptySet]
  for (const entry of owned) if (entry[0] !== first && entry[0] !== last) yield entry
  if (last !== first) yield [last, owned.get(last) ?? emptySet]
}

const plain = (object: MutableObject): MutableObject => {
  const { metadata } = object
  if (entriesOf(object) === undefined || typeof metadata !== "object") return object
  return withoutEntries(object) as MutableObject
}

/** Versions that fields are owned in and that the kind has, with their shapes. */
const rootsOf = ({ live, applied, schema }: ApplyInput, versions: Versions): ReadonlyMap<string, Shape> => {
  const roots = new Map([[text(applied, "apiVersion"), rootShape(schema.root)]])
  for (const { apiVersion } of (parseManagers(entriesOf(live)) ?? new Map()).values()) {
    const other = versions.schema(apiVersion)
    if (other !== undefined && !roots.has(apiVersion)) roots.set(apiVersion, rootShape(other.root))
  }
  return roots
}

/** As `apply`. Rejects with what conversion fails with, besides. */
export const applyAcross = async (input: ApplyInput, versions: Versions): Promise<MutableObject> => {
  const own = text(input.applied, "apiVersion")
  const roots = rootsOf(input, versions)
  const across = new Across(versions, own, roots)
  const begun = beginApply(input, (apiVersion) => across.root(apiVersion))
  const merged = await across.prune(begun)
  const before = begun.before as MutableObject
  const comparisons = new Map<string, Comparison>()
  for (const [apiVersion, root] of roots) {
    const both = input.live === undefined ? [merged] : [merged, before]
    const [after = merged, earlier = {}] = await across.at(both, [own, apiVersion])
    comparisons.set(apiVersion, compareObjects(earlier, after, root))
  }
  const inOwn = comparisons.get(own) ?? compareObjects(before, merged, begun.root)
  return finishApply(input, begun, {
    merged,
    comparisonIn: (apiVersion) => comparisons.get(apiVersion) ?? inOwn,
  })
}
