/** The kinds that the API serves now, as the collector needs them: by owner reference, and those to be watched. */
import type { ApiResource } from "../../client/index.ts"
import { apiVersionOf, type Kind, type OwnerReference } from "../../schemas/index.ts"

export class Resources {
  #byReference: ReadonlyMap<string, Kind> = new Map()
  #collectable: ReadonlyArray<Kind> = []
  #generation = 0

  /** Counts the changes of what can be spoken of. */
  get generation(): number {
    return this.#generation
  }

  /** What can be owned and collected: each resource once. Events are many, and nobody's. */
  get collectable(): ReadonlyArray<Kind> {
    return this.#collectable
  }

  /** Takes in what is served now. True where other kinds can be spoken of than before. */
  update(served: ReadonlyArray<ApiResource>): boolean {
    const before = this.#byReference
    this.#byReference = new Map(served.map(({ kind }) => [referenceKey(apiVersionOf(kind), kind.kind), kind]))
    this.#collectable = served
      .filter(
        ({ verbs, isPreferred }) =>
          isPreferred && ["list", "watch", "delete"].every((verb) => verbs.has(verb)),
      )
      .map(({ kind }) => kind)
      .filter(({ plural, group }) => plural !== "events" || (group !== "" && group !== "events.k8s.io"))
      // Pods are Sandboxes under another name, with the same uids: those are looked at.
      .filter(({ plural, group }) => plural !== "pods" || group !== "")
    const now = this.#byReference
    const isNews = before.size !== now.size || [...now.keys()].some((key) => !before.has(key))
    if (isNews) this.#generation += 1
    return isNews
  }

  /** The kind that a reference speaks of; undefined where nobody serves it now. */
  resolve({ apiVersion, kind }: OwnerReference): Kind | undefined {
    return this.#byReference.get(referenceKey(apiVersion, kind))
  }
}

const referenceKey = (apiVersion: string, kind: string): string => `${apiVersion}/${kind}`

/** A resource in one version. */
export const monitorKey = ({ group, version, plural }: Kind): string => `${group}/${version}/${plural}`
