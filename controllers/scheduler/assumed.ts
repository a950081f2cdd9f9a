/**
 * Bindings that were made and that the informer does not show yet: without them two Sandboxes scheduled in a row would be
 * given the same room. Plain; an entry goes as soon as the informer tells of the binding or of the end.
 */
import type { Sandbox } from "../../schemas/index.ts"

export class Assumed {
  readonly #bound = new Map<string, Sandbox>()

  /** Notes a Sandbox as the server returned it, bound. */
  note(sandbox: Sandbox): void {
    if (sandbox.metadata.uid !== undefined) this.#bound.set(sandbox.metadata.uid, sandbox)
  }

  /** Takes in what the informer shows of a Sandbox now. `isGone`: it shows no more of it. */
  shown(sandbox: Sandbox, isGone: boolean): void {
    const { uid } = sandbox.metadata
    if (uid !== undefined && (isGone || isBound(sandbox))) this.#bound.delete(uid)
  }

  onNode(nodeName: string): ReadonlyArray<Sandbox> {
    return [...this.#bound.values()].filter(({ spec }) => spec.nodeName === nodeName)
  }

  get size(): number {
    return this.#bound.size
  }
}

export const isBound = ({ spec }: Sandbox): boolean => spec.nodeName !== undefined && spec.nodeName !== ""
