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
import { type Manifest, readManifests } from "./manifest.ts"
import type { Outcome } from "./outcome.ts"
import { type Part, partOf, type Whole } from "./part.ts"
import { membersBeside, pruneObject, refusedMember } from "./prune.ts"
import { type Problem, problemOf } from "./refusal.ts"
import type { Asked } from "./request.ts"

export interface Decided {
  /** In the order in which the store is to write them. */
  readonly outcomes: ReadonlyArray<Outcome>
  readonly problems: ReadonlyArray<Problem>
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

const isNamespace = ({ target }: Manifest): boolean => target.resource.id === "/namespaces"

class Round implements Decided {
  readonly outcomes: Outcome[] = []
  readonly problems: Problem[]
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
    this.problems = [...problems]
  }

  /** Namespaces come first: what is in them is looked at as if they were there. */
  async apply(): Promise<void> {
    for (const manifest of this.#manifests.filter(isNamespace)) {
      const [made] = await this.#each([manifest], (one) => this.#applied(one))
      // What is in one that was refused has its own problems, and they are told too.
      this.#namespaces.set(manifest.target.name, made?.object ?? manifest.object)
    }
    const others = this.#manifests.filter((manifest) => !isNamespace(manifest))
    await this.#each(others, (one) => this.#applied(one))
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
    const manifests = members.map((member, place) => ({ ...member, index: objects.length + place }))
    await this.#each(manifests, async (part) => {
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
    this.problems.push({ at: "spec.prune", object: `set ${this.#asked.set}`, status })
  }

  /** Looks at several at the same time; what comes of them is kept, and returned, in their order. */
  async #each(
    manifests: ReadonlyArray<Manifest>,
    run: (part: Part) => Promise<Outcome | Problem>,
  ): Promise<ReadonlyArray<Outcome>> {
    const results: Array<Outcome | Problem> = []
    const queue = manifests.entries()
    const worker = async (): Promise<void> => {
      for (const [index, manifest] of queue) {
        const part = partOf(this.#whole, manifest)
        results[index] = await run(part).catch((error: unknown) => problemOf(error, part))
      }
    }
    await Promise.all(Array.from({ length: transactionLimits.objectsAtOnce }, worker))
    const made = results.flatMap((result) => ("status" in result ? [] : [result]))
    this.outcomes.push(...made)
    this.problems.push(...results.flatMap((result) => ("status" in result ? [result] : [])))
    return made
  }
}
