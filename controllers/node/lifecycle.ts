/** The cluster's side of a Node: one whose runner is silent becomes Ready=Unknown. Start with {@link nodeController}. */
import { Clock, Duration, Effect, type Scope } from "effect"
import { type ApiError, Client } from "../../client/index.ts"
import { Controller, Informers, type Lister, type Request, Result, watching } from "../../reconciler/index.ts"
import { Lease, Node } from "../../schemas/index.ts"
import { plan } from "./plan.ts"
import { LEASE_NAMESPACE } from "./runner.ts"

/** Also the field manager of its writes. */
const CONTROLLER_NAME = "node"

/** When each runner was heard last, by our clock. A new controller gives every node its full time again. */
class Silence {
  readonly #heard = new Map<string, { readonly sign: string; readonly at: number }>()

  /** How long the sign of life has been the same. */
  observe(nodeName: string, sign: string, now: number): number {
    const known = this.#heard.get(nodeName)
    if (known?.sign === sign) return now - known.at
    this.#heard.set(nodeName, { sign, at: now })
    return 0
  }

  forget(nodeName: string): void {
    this.#heard.delete(nodeName)
  }
}

export const nodeController: Effect.Effect<Controller<Client>, never, Informers | Scope.Scope> = Effect.gen(
  function* () {
    const informers = yield* Informers
    const nodes = yield* informers.get(Node)
    const leases = yield* informers.get(Lease, { namespace: LEASE_NAMESPACE })
    const silence = new Silence()
    return Controller.make({
      name: CONTROLLER_NAME,
      for: Node,
      watches: [
        watching(Lease, {
          namespace: LEASE_NAMESPACE,
          map: ({ metadata }) => [{ namespace: "", name: metadata.name }],
        }),
      ],
      reconcile: (request) => reconcileNode(request, { nodes: nodes.lister, leases: leases.lister, silence }),
    })
  },
)

const reconcileNode = Effect.fnUntraced(function* (
  request: Request,
  view: { readonly nodes: Lister<Node>; readonly leases: Lister<Lease>; readonly silence: Silence },
): Effect.fn.Return<Result, ApiError, Client> {
  const node = view.nodes.get(request)
  if (node === undefined) {
    view.silence.forget(request.name)
    return Result.Done()
  }
  const now = yield* Clock.currentTimeMillis
  const lease = view.leases.get({ namespace: LEASE_NAMESPACE, name: request.name })
  const silentForMs = view.silence.observe(request.name, signOf(node, lease), now)
  const action = plan({ node, silentForMs, now })
  if (action._tag === "Wait") return Result.RequeueAfter({ delay: Duration.millis(action.millis) })
  if (action._tag === "MarkLost") {
    const client = yield* Client
    const status = { ...node.status, conditions: action.conditions }
    yield* client.updateStatus(Node, { ...node, status }, { fieldManager: CONTROLLER_NAME })
  }
  return Result.Done()
})

/** What a runner changes as long as it lives: its Lease, and its word in the status. Whichever of them shows first counts. */
const signOf = ({ status }: Node, lease: Lease | undefined): string => {
  const heartbeat = status?.conditions?.find(({ type }) => type === "Ready")?.lastHeartbeatTime
  return `${lease?.spec?.renewTime} ${heartbeat}`
}
