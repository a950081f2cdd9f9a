/** The kinds that the API serves now, as the collector needs them: by owner reference, and those to be watched. */
import type { ApiResource } from "../../client/index.ts"
import { apiVersionOf, type Kind, type OwnerReference } from "../../schemas/index.ts"

export class Resources {
  #byReference: ReadonlyMap<string, Kind> = new Map()
  #collectable: ReadonlyArray<Kind> = []

  /** What can be owned and collected: each resource once. Events are many, and nobody's. */
  get collectable(): ReadonlyArray<Kind> {
    return this.#collectable
  }

  update(served: ReadonlyArray<ApiResource>): void {
    this.#byReference = new Map(served.map(({ kind }) => [referenceKey(apiVersionOf(kind), kind.kind), kind]))
    this.#collectable = served
      .filter(
        ({ verbs, isPreferred }) =>
          isPreferred && ["list", "watch", "delete"].every((verb) => verbs.has(verb)),
      )
      .map(({ kind }) => kind)
      .filter(({ plural, group }) => plural !== "events" || (group !== "" && group !== "events.k8s.io"))
  }

  /** The kind that a reference speaks of; undefined where nobody serves it now. */
  resolve({ apiVersion, kind }: OwnerReference): Kind | undefined {
    return this.#byReference.get(referenceKey(apiVersion, kind))
  }
}

const referenceKey = (apiVersion: string, kind: string): string => `${apiVersion}/${kind}`

/** A resource in one version. */
export const monitorKey = ({ group, version, plural }: Kind): string => `${group}/${version}/${plural}`
