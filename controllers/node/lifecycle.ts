/** The cluster's side of a Node: one whose runner is silent is lost, and its Sandboxes say so. Start with {@link nodeController}. */
import { Clock, Duration, Effect, type Scope } from "effect"
import { type ApiError, Client, isReason } from "../../client/index.ts"
import {
  Controller,
  generationChanged,
  Informers,
  type Lister,
  type Request,
  Result,
  watching,
} from "../../reconciler/index.ts"
import { Lease, Node, Sandbox } from "../../schemas/index.ts"
import { lostNodeWritesAtOnce } from "../limits.ts"
import { apply, CONTROLLER_NAME } from "./apply.ts"
import { Action, plan } from "./plan.ts"
import { LEASE_NAMESPACE } from "./runner.ts"
import { Silence, signOf } from "./silence.ts"

const NODE_INDEX = "node/nodeName"

/** The node that a Sandbox is bound to, as a list: of one or none. */
const nodeNamesOf = ({ spec }: Sandbox): ReadonlyArray<string> =>
  spec.nodeName === undefined || spec.nodeName === "" ? [] : [spec.nodeName]

const requestFor = (nodeName: string): Request => ({ namespace: "", name: nodeName })

interface View {
  readonly nodes: Lister<Node>
  readonly leases: Lister<Lease>
  readonly sandboxes: Lister<Sandbox>
  readonly silence: Silence
}

export const nodeController = Effect.gen(function* (): Effect.fn.Return<
  Controller<Client>,
  never,
  Informers | Scope.Scope
> {
  const informers = yield* Informers
  const nodes = yield* informers.get(Node)
  const leases = yield* informers.get(Lease, { namespace: LEASE_NAMESPACE })
  const sandboxes = yield* informers.get(Sandbox, { indexes: { [NODE_INDEX]: nodeNamesOf } })
  const view = {
    nodes: nodes.lister,
    leases: leases.lister,
    sandboxes: sandboxes.lister,
    silence: new Silence(),
  }
  return Controller.make({
    name: CONTROLLER_NAME,
    for: Node,
    watches: [
      watching(Lease, { namespace: LEASE_NAMESPACE, map: ({ metadata }) => [requestFor(metadata.name)] }),
      watching(Sandbox, {
        predicate: generationChanged,
        map: (sandbox) => nodeNamesOf(sandbox).map(requestFor),
      }),
    ],
    reconcile: (request) => reconcileNode(request, view),
  })
})

const reconcileNode = Effect.fnUntraced(function* (
  request: Request,
  view: View,
): Effect.fn.Return<Result, ApiError, Client> {
  const nodeName = request.name
  const node = view.nodes.get(request)
  const bound = view.sandboxes.byIndex(NODE_INDEX, nodeName)
  if (node === undefined && bound.length === 0) view.silence.forget(nodeName)
  const now = yield* Clock.currentTimeMillis
  const lease = view.leases.get({ namespace: LEASE_NAMESPACE, name: nodeName })
  const silentForMs = view.silence.observe(nodeName, signOf(node, lease), now)
  const actions = plan({ nodeName, node, silentForMs, bound, now })
  const [first] = actions
  if (first === undefined) return Result.Done()
  if (first._tag === "Wait") return Result.RequeueAfter({ delay: Duration.millis(first.millis) })
  // The informer may be late to tell of a Node: its absence is read live.
  if (node === undefined && (yield* isThere(nodeName)))
    return Result.RequeueAfter({ delay: Duration.seconds(1) })
  const writes = actions.filter((action) => !Action.$is("Wait")(action))
  yield* Effect.forEach(writes, apply, { concurrency: lostNodeWritesAtOnce, discard: true })
  return Result.Done()
})

const isThere = Effect.fnUntraced(function* (nodeName: string) {
  const client = yield* Client
  return yield* client.get(Node, { namespace: "", name: nodeName }).pipe(
    Effect.as(true),
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed(false)),
  )
})
