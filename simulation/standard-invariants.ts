/** What must be true of any controllers at rest, whatever they are for. */

import type { KubeObject } from "../schemas/index.ts"
import { nameOfObject } from "./object-changes.ts"
import type { StandardInvariant } from "./scenario.ts"

export interface Violation {
  readonly invariant: string
  readonly message: string
}

type Check = (objects: ReadonlyArray<KubeObject>) => string | undefined

const noOrphan: Check = (objects) => {
  const uids = new Set(objects.map(({ metadata }) => metadata.uid))
  for (const object of objects) {
    for (const { controller, kind, name, uid } of object.metadata.ownerReferences ?? []) {
      if (controller === true && !uids.has(uid)) {
        return `${nameOfObject(object)} is there, and its owner ${kind} ${name} (${uid}) is gone`
      }
    }
  }
  return undefined
}

const deletionEnds: Check = (objects) => {
  const stuck = objects.find(({ metadata }) => metadata.deletionTimestamp !== undefined)
  if (stuck === undefined) return undefined
  return `${nameOfObject(stuck)} is being deleted, and stays: ${(stuck.metadata.finalizers ?? []).join(", ")} holds it`
}

interface Observing extends KubeObject {
  readonly status?: {
    readonly observedGeneration?: number
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly observedGeneration?: number }>
  }
}

/** Conditions other than Ready may speak of the generation at which they were last judged: a binding is judged once. */
const generationObserved: Check = (objects) => {
  for (const object of objects) {
    const { metadata, status }: Observing = object
    const { generation } = metadata
    if (generation === undefined || status === undefined || metadata.deletionTimestamp !== undefined) continue
    const ready = status.conditions?.find(({ type }) => type === "Ready")
    for (const observed of [status.observedGeneration, ready?.observedGeneration]) {
      if (observed !== undefined && observed < generation) {
        return `${nameOfObject(object)} is at generation ${generation}, and its status speaks of ${observed}`
      }
    }
  }
  return undefined
}

export const atRest: ReadonlyArray<readonly [StandardInvariant, Check]> = [
  ["no orphan", noOrphan],
  ["deletion ends", deletionEnds],
  ["generation observed", generationObserved],
]
