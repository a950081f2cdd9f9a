/** The scheduler: binds each Sandbox without a node to the first one that it fits on. Start with {@link schedulerController}. */
import { Effect, type Scope } from "effect"
import type { ApiError, Client } from "../../client/index.ts"
import {
  type Change,
  Controller,
  type EventRecorder,
  Informers,
  keyOf,
  makeEventRecorder,
  type Request,
  Result,
  reconciling,
  watching,
} from "../../reconciler/index.ts"
import { Node, Sandbox } from "../../schemas/index.ts"
import { unschedulableWait } from "../limits.ts"
import { apply, CONTROLLER_NAME } from "./apply.ts"
import { isFinished } from "./demand.ts"
import { isBound, Ledger } from "./ledger.ts"
import { observe, type SchedulerView, WAITING_INDEX, waitingIndex } from "./observe.ts"
import { plan } from "./plan.ts"

/**
 * One worker: it knows what it gave away a moment ago. Several schedulers at once may bind twice as much as there is to one
 * node, never one Sandbox twice.
 */
export const schedulerController = Effect.gen(function* (): Effect.fn.Return<
  Controller<Client>,
  never,
  Client | Informers | Scope.Scope
> {
  const informers = yield* Informers
  const nodes = yield* informers.get(Node)
  const sandboxes = yield* informers.get(Sandbox, { indexes: { [WAITING_INDEX]: waitingIndex } })
  const events = yield* makeEventRecorder(CONTROLLER_NAME)
  const ledger = new Ledger()
  yield* sandboxes.subscribe(({ old, new: now }) => {
    if (old !== undefined && old.metadata.uid !== now?.metadata.uid) ledger.release(old)
    if (now !== undefined) ledger.book(now)
  })
  const view: SchedulerView = { nodes: nodes.lister, sandboxes: sandboxes.lister, ledger }
  const waiting = (): ReadonlyArray<Request> => sandboxes.lister.byIndex(WAITING_INDEX, "").map(keyOf)
  return Controller.make({
    name: CONTROLLER_NAME,
    for: reconciling(Sandbox),
    watches: [
      watching(Node, { predicate: isNodeNews, map: waiting }),
      watching(Sandbox, { predicate: givesRoom, map: waiting }),
    ],
    reconcile: (request) => schedule(request, { view, events }),
  })
})

const schedule = Effect.fnUntraced(function* (
  request: Request,
  { view, events }: { readonly view: SchedulerView; readonly events: EventRecorder },
): Effect.fn.Return<Result, ApiError, Client> {
  const sandbox = view.sandboxes.get(request)
  if (sandbox === undefined) return Result.Done()
  // A key comes back when its own writes show: what was booked for it, and shows no binding, was never bound.
  if (!isBound(sandbox)) view.ledger.release(sandbox)
  const action = plan(observe(sandbox, view))
  if (action === undefined) return Result.Done()
  // Booked before it is asked for, and not after: its answer may be lost, or older than what the informer shows by then.
  if (action._tag === "Bind") view.ledger.book(boundTo(sandbox, action.nodeName))
  const written = yield* apply(sandbox, action)
  if (action._tag === "Refuse") {
    const { message } = action
    if (written !== sandbox) events.record(sandbox, { type: "Warning", reason: "FailedScheduling", message })
    return Result.RequeueAfter({ delay: unschedulableWait })
  }
  events.record(sandbox, { type: "Normal", reason: "Scheduled", message: `bound to node ${action.nodeName}` })
  return Result.Done()
})

const boundTo = (sandbox: Sandbox, nodeName: string): Sandbox => ({
  ...sandbox,
  spec: { ...sandbox.spec, nodeName },
})

/** A node's heartbeat alone changes nothing for those that wait. */
const isNodeNews = ({ old, new: now }: Change<Node>): boolean =>
  old === undefined || now === undefined || placeOf(old) !== placeOf(now)

const placeOf = ({ metadata, spec, status }: Node): string =>
  JSON.stringify([
    metadata.labels,
    metadata.deletionTimestamp,
    spec,
    status?.allocatable,
    status?.runtimeHandlers,
    status?.conditions?.find(({ type }) => type === "Ready")?.status,
  ])

/** A bound Sandbox that goes, or ends, leaves room behind. */
const givesRoom = ({ old, new: now }: Change<Sandbox>): boolean =>
  old !== undefined && isBound(old) && (now === undefined || (isFinished(now) && !isFinished(old)))
