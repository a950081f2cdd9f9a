/** What a manager does now, as JSON for people: queues, informers, the last reconciles, what was diagnosed. Holds no object's content. */
import type { Diagnosed } from "../diagnosis-log.ts"
import type { Informer } from "../informer.ts"
import type { InformerCounts } from "../informer-core.ts"
import type { ReconcileRecord } from "../reconcile-log.ts"
import type { ControllerHandle } from "../run-controller.ts"
import type { QueuedKey } from "../work-queue.ts"
import { maxShownKeys } from "./limits.ts"

export interface InformerView {
  readonly kind: string
  readonly selection: Informer["selection"]
  readonly state: string
  readonly trouble?: string
  readonly objects: number
  readonly resourceVersion: string | undefined
  readonly counts: InformerCounts
  readonly refusals: ReturnType<Informer["refusals"]>
}

export interface ControllerView {
  readonly name: string
  /** The first {@link maxShownKeys} of {@link queueLength}. */
  readonly queue: ReadonlyArray<QueuedKey>
  readonly queueLength: number
  readonly informers: ReadonlyArray<InformerView>
  readonly reconciles: ReadonlyArray<ReconcileRecord>
  readonly diagnoses: ReadonlyArray<Diagnosed>
}

const informerView = (informer: Informer): InformerView => {
  const { kind, selection } = informer
  const state = informer.state()
  return {
    kind: kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`,
    selection,
    state: state._tag,
    ...(state._tag === "Stale" ? { trouble: `${state.trouble.reason}: ${state.trouble.message}` } : {}),
    objects: informer.lister.size(),
    resourceVersion: informer.resourceVersion(),
    counts: informer.counts(),
    refusals: informer.refusals(),
  }
}

export const controllerView = (handle: ControllerHandle): ControllerView => {
  const queue = handle.queue()
  return {
    name: handle.name,
    queue: queue.slice(0, maxShownKeys),
    queueLength: queue.length,
    informers: handle.informers.map(informerView),
    reconciles: handle.records(),
    diagnoses: handle.diagnoses(),
  }
}
