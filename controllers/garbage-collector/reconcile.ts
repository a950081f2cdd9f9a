/** What the collector does for one key: a uid, or the request to find out anew what the API serves. */
import { Effect } from "effect"
import { type ApiError, type Client, Discovery } from "../../client/index.ts"
import { type EventRecorder, type Request, Result } from "../../reconciler/index.ts"
import { apiVersionOf, type KubeObject, type OwnerReference } from "../../schemas/index.ts"
import { discoverEvery, graphWait, unknownKindWait } from "../limits.ts"
import { apply } from "./apply.ts"
import type { GraphNode } from "./graph.ts"
import type { Monitors } from "./monitors.ts"
import { type CollectorView, observe } from "./observe.ts"
import { plan } from "./plan.ts"

/** Not a uid: those have dashes. */
export const DISCOVER: Request = { namespace: "", name: "discover" }

export interface Collector extends CollectorView {
  readonly monitors: Monitors
  readonly events: EventRecorder
  readonly wake: (uids: ReadonlyArray<string>) => void
  /** Those that wait for a kind of owner to be served: woken when another set of kinds is. */
  readonly parked: Set<string>
}

export const reconcile = (
  request: Request,
  collector: Collector,
): Effect.Effect<Result, ApiError, Client | Discovery> =>
  request.name === DISCOVER.name ? discover(collector) : collect(request.name, collector)

/** Takes up what is served now. CRDs that come and go ask for it; so does time, for all other ways. */
const discover = Effect.fnUntraced(function* ({ resources, monitors, parked, wake }: Collector) {
  const discovery = yield* Discovery
  const isNews = resources.update(yield* discovery.resources)
  yield* monitors.watch(resources.collectable)
  if (isNews) {
    wake([...parked])
    parked.clear()
  }
  return Result.RequeueAfter({ delay: discoverEvery })
})

const collect = Effect.fnUntraced(function* (uid: string, collector: Collector) {
  const { generation } = collector.resources
  const observed = yield* observe(uid, collector)
  if (observed === undefined) return Result.Done()
  // The graph was behind: who depends on it, or waits for it, is looked at next.
  if (observed.object === undefined) collector.wake(collector.graph.remove(uid))
  for (const action of plan(observed)) {
    switch (action._tag) {
      case "Wait":
        if (action.reason === "OwnerKindUnknown" && generation === collector.resources.generation) {
          return park(uid, collector)
        }
        return Result.RequeueAfter({ delay: graphWait })
      case "Wake":
        collector.wake(action.uids)
        break
      case "Report":
        report(collector.events, action)
        break
      default:
        yield* apply(action)
    }
  }
  return Result.Done()
})

/** An unknown kind may stay unknown for ever: its objects are not read again and again, but when kinds come. */
const park = (uid: string, { parked }: Collector): Result => {
  parked.add(uid)
  return Result.RequeueAfter({ delay: unknownKindWait })
}

const report = (
  events: EventRecorder,
  { object, owner }: { readonly object: GraphNode; readonly owner: OwnerReference },
): void => {
  const about: KubeObject = {
    apiVersion: apiVersionOf(object.kind),
    kind: object.kind.kind,
    metadata: { name: object.name, uid: object.uid },
  }
  events.record(about, {
    type: "Warning",
    reason: "OwnerRefInvalidNamespace",
    message: `ownerRef ${owner.kind} ${owner.name} lives in a namespace, and cannot own an object outside of all namespaces`,
  })
}
