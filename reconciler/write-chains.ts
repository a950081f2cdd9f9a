/**
 * Hot loops: a write that wakes a reconcile whose write wakes a reconcile, with nothing else in between and nothing gained.
 *
 * A chain goes on with a reconcile that was woken only by writes of the chain and wrote only objects that the chain had written
 * before. A create, a delete, or an object that is new to the chain is progress: the count begins anew. Whatever else wakes a
 * reconcile, a person, a timer, another program, ends the chain. Plain; bounded.
 */
import type { Written } from "../client/index.ts"
import type { KubeObject } from "../schemas/index.ts"
import { type ObjectVersion, qualifiedKind, versionOf, type Woken } from "./cause-of-writes.ts"
import { changedFields, fieldText, managersOf } from "./changed-fields.ts"
import type { HotLoop } from "./diagnosis.ts"
import { hotLoopCycles, maxChainedVersions } from "./limits.ts"
import type { Request } from "./reconciler.ts"
import { keyString } from "./request.ts"

interface Chain {
  /** Times that each controller and key went round. */
  readonly cycles: ReadonlyMap<string, number>
  readonly controllers: ReadonlySet<string>
  /** Objects written so far, and their last state once the chain has gone round twice. */
  readonly objects: ReadonlyMap<string, KubeObject | undefined>
}

const empty: Chain = { cycles: new Map(), controllers: new Set(), objects: new Map() }

const textOf = ({ kind, namespace, name, resourceVersion }: ObjectVersion): string =>
  `${kind}/${namespace}/${name}@${resourceVersion}`

const objectText = ({ kind, key }: Written): string => `${qualifiedKind(kind)}/${keyString(key)}`

const longest = (chain: Chain): number => Math.max(0, ...chain.cycles.values())

export interface Cycle {
  readonly controller: string
  readonly request: Request
  readonly woken: Woken
  readonly written: ReadonlyArray<Written>
}

export class WriteChains {
  /** The chain that made each version, the most recent last. */
  readonly #made = new Map<string, Chain>()

  /** To be told of each reconcile; says where one closes a hot loop. */
  reconciled(cycle: Cycle): HotLoop | undefined {
    // An answer with a version that is known is a write that changed nothing.
    const written = cycle.written.filter(
      ({ object }) => object === undefined || !this.#made.has(textOf(versionOf(object))),
    )
    if (written.length === 0) return undefined
    const before = this.#before(cycle.woken)
    const chain = before === undefined ? this.#begun(cycle, written) : this.#continued(cycle, written, before)
    for (const { object } of written)
      if (object !== undefined) this.#remember(textOf(versionOf(object)), chain)
    if (before === undefined || longest(chain) < hotLoopCycles) return undefined
    return this.#loop(cycle, written, { chain, before })
  }

  /** The chain that all of the wakers belong to. */
  #before({ versions, more }: Woken): Chain | undefined {
    if (more > 0 || versions.length === 0) return undefined
    let found = empty
    for (const version of versions) {
      const chain = this.#made.get(textOf(version))
      if (chain === undefined) return undefined
      if (found === empty || longest(chain) > longest(found)) found = chain
    }
    return found
  }

  #begun({ controller }: Cycle, written: ReadonlyArray<Written>): Chain {
    const objects = new Map(written.map((write): [string, undefined] => [objectText(write), undefined]))
    return { cycles: new Map(), controllers: new Set([controller]), objects }
  }

  #continued({ controller, request }: Cycle, written: ReadonlyArray<Written>, before: Chain): Chain {
    const objects = new Map(before.objects)
    const controllers = new Set([...before.controllers, controller])
    const isProgress = written.some(
      (write) => write.verb === "create" || write.verb === "delete" || !objects.has(objectText(write)),
    )
    const isLong = longest(before) > 1
    for (const write of written) objects.set(objectText(write), isLong ? write.object : undefined)
    if (isProgress) return { cycles: new Map(), controllers, objects }
    const self = `${controller} ${keyString(request)}`
    const cycles = new Map(before.cycles).set(self, (before.cycles.get(self) ?? 0) + 1)
    return { cycles, controllers, objects }
  }

  #remember(version: string, chain: Chain): void {
    this.#made.set(version, chain)
    const [oldest] = this.#made.keys()
    if (this.#made.size > maxChainedVersions && oldest !== undefined) this.#made.delete(oldest)
  }

  #loop(
    { request }: Cycle,
    written: ReadonlyArray<Written>,
    { chain, before }: { readonly chain: Chain; readonly before: Chain },
  ): HotLoop | undefined {
    for (const write of written) {
      const { object } = write
      const earlier = before.objects.get(objectText(write))
      if (object === undefined || earlier === undefined) continue
      const fields = changedFields(earlier, object)
      const managers = new Set(fields.flatMap((names) => managersOf(object, names)))
      return {
        _tag: "HotLoop",
        controllers: [...chain.controllers],
        request,
        object: versionOf(object),
        fields: fields.map(fieldText),
        managers: [...managers],
        cycles: longest(chain),
      }
    }
    return undefined
  }
}
