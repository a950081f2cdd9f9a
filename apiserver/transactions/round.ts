/**
 * One computation of a transaction: what is to become of every object, as things stand now. Nothing is written by it.
 *
 * Every object is looked at, also after one was refused: a refusal names them all.
 */
import { limits as storeLimits } from "../../store/index.ts"
import type { Authorizer } from "../authorizer.ts"
import type { MutableObject } from "../machinery.ts"
import { keyOf, type Operation } from "../registry/context.ts"
import { failure } from "../status-error.ts"
import { applyObject, authorizePart } from "./apply-object.ts"
import { transactionLimits } from "./limits.ts"
import { type Manifest, namespacesId, readManifests } from "./manifest.ts"
import type { Outcome } from "./outcome.ts"
import { type Part, partOf, type Whole } from "./part.ts"
import type { Problem } from "./problem.ts"
import { membersBeside, neededMember, pruneObject, refusedMember } from "./prune.ts"
import { problemOf } from "./refusal.ts"
import type { Asked } from "./request.ts"

export interface Decided {
  /** In the order in which the store is to write them. */
  readonly outcomes: ReadonlyArray<Outcome>
  readonly problems: ReadonlyArray<Problem>
  /** The same, once others were faster at the objects under these keys. */
  readonly again: (lost: ReadonlySet<string>) => Promise<Decided>
}

/** Rejects with what is nobody's refusal: the store's faults, and defects. */
export const decide = async (
  operation: Operation,
  asked: Asked,
  authorizer: Authorizer,
): Promise<Decided> => {
  const round = new Round(operation, asked, authorizer)
  await round.apply()
  if (asked.set !== "") await round.prune()
  round.refuseTooMany()
  return round
}

const isNamespace = ({ target }: Manifest): boolean => target.resource.id === namespacesId

class Round implements Decided {
  outcomes: ReadonlyArray<Outcome> = []
  problems: ReadonlyArray<Problem>
  readonly #whole: Whole
  readonly #asked: Asked
  readonly #authorizer: Authorizer
  readonly #manifests: ReadonlyArray<Manifest>
  readonly #namespaces = new Map<string, MutableObject>()

  constructor(operation: Operation, asked: Asked, authorizer: Authorizer) {
    const { resources } = operation.context
    const { manifests, problems } = readManifests(asked.objects, { resources, set: asked.set })
    this.#whole = { operation, ...asked, namespaces: this.#namespaces }
    this.#asked = asked
    this.#authorizer = authorizer
    this.#manifests = manifests
    this.problems = problems
  }

  /** Namespaces come first: what is in them is looked at as if they were there. */
  async apply(): Promise<void> {
    for (const manifest of this.#manifests.filter(isNamespace)) {
      const [made] = await this.#add([manifest], (one) => this.#applied(one))
      // What is in one that was refused has its own problems, and they are told too.
      this.#namespaces.set(manifest.target.name, made?.object ?? manifest.object)
    }
    const others = this.#manifests.filter((manifest) => !isNamespace(manifest))
    await this.#add(others, (one) => this.#applied(one))
  }

  /** What rests on the lost objects alone is computed anew, and everything where others may rest on them too. */
  readonly again = async (lost: ReadonlySet<string>): Promise<Decided> => {
    const stale = this.outcomes.filter(({ write }) => write !== undefined && lost.has(write.key))
    const manifests = stale.map(({ part }) => part.manifest)
    if (manifests.some((manifest) => manifest.verb === "delete" || isNamespace(manifest)))
      return decide(this.#whole.operation, this.#asked, this.#authorizer)
    const results = await this.#each(manifests, (one) => this.#applied(one))
    const fresh = new Map(stale.map((outcome, index) => [outcome, results[index] ?? outcome]))
    const all = this.outcomes.map((outcome) => fresh.get(outcome) ?? outcome)
    this.outcomes = all.flatMap((result) => ("status" in result ? [] : [result]))
    this.problems = all.flatMap((result) => ("status" in result ? [result] : []))
    return this
  }

  async #applied(part: Part): Promise<Outcome> {
    await authorizePart(this.#authorizer, part.operation)
    return applyObject(part, this.#asked)
  }

  async prune(): Promise<void> {
    const { set, dryRun, objects } = this.#asked
    const { context } = this.#whole.operation
    const kept = new Set(this.#manifests.map(({ target }) => keyOf(target)))
    await context.cache.fresh()
    const members = membersBeside(context, { set, kept })
    const most = storeLimits.transactionWritesMax
    if (members.length > most) {
      this.#refuse(`the set has ${members.length} other objects; at most ${most} are deleted at once`)
      return
    }
    const needed = members.flatMap((member) => neededMember(member, this.#manifests) ?? [])
    this.problems = [...this.problems, ...needed]
    const manifests = members.map((member, place) => ({ ...member, index: objects.length + place }))
    await this.#add(manifests, async (part) => {
      const refused = await refusedMember(part, this.#authorizer)
      return refused ?? pruneObject(part, dryRun)
    })
  }

  refuseTooMany(): void {
    const count = this.outcomes.length
    const most = storeLimits.transactionWritesMax
    if (count > most)
      this.#refuse(`${count} objects are to be applied and pruned; a transaction is of at most ${most}`)
  }

  #refuse(why: string): void {
    const status = failure("RequestEntityTooLarge", why)
    const problem = { at: "spec.prune", object: `set ${this.#asked.set}`, status }
    this.problems = [...this.problems, problem]
  }

  /** Takes up what comes of these; returns the outcomes. */
  async #add(
    manifests: ReadonlyArray<Manifest>,
    run: (part: Part) => Promise<Outcome | Problem>,
  ): Promise<ReadonlyArray<Outcome>> {
    const results = await this.#each(manifests, run)
    const made = results.flatMap((result) => ("status" in result ? [] : [result]))
    this.outcomes = [...this.outcomes, ...made]
    this.problems = [...this.problems, ...results.flatMap((result) => ("status" in result ? [result] : []))]
    return made
  }

  /** Looks at several at the same time; what comes of them is in their order. */
  async #each(
    manifests: ReadonlyArray<Manifest>,
    run: (part: Part) => Promise<Outcome | Problem>,
  ): Promise<ReadonlyArray<Outcome | Problem>> {
    const results: Array<Outcome | Problem> = []
    const queue = manifests.entries()
    const worker = async (): Promise<void> => {
      for (const [index, manifest] of queue) {
        const part = partOf(this.#whole, manifest)
        results[index] = await run(part).catch((error: unknown) => problemOf(error, part))
      }
    }
    await Promise.all(Array.from({ length: transactionLimits.objectsAtOnce }, worker))
    return results
  }
}
