/**
 * The runner's side of a Node: registers it, keeps it true, and renews its Lease. Start with {@link runNode}.
 */
import { Clock, Duration, Effect, Schedule, type Scope } from "effect"
import { type ApiError, Client, isReason } from "../../client/index.ts"
import { microTime } from "../../reconciler/index.ts"
import { SandboxRuntime } from "../../runtime-shim/index.ts"
import { Lease, Namespace, Node } from "../../schemas/index.ts"
import { leaseRenewEvery, nodeLostAfter } from "../limits.ts"
import { type Machine, readMachine } from "./machine.ts"
import {
  isStatusDue,
  missingLabels,
  newNode,
  nextNodeStatus,
  type RunnerFacts,
  type RunnerOptions,
} from "./registration.ts"

export const LEASE_NAMESPACE = "kube-node-lease"
const LEASE_DURATION_SECONDS = Duration.toSeconds(nodeLostAfter)

/** Whose the fields of the Node and its Lease are. */
const manager = { fieldManager: "runner" }

/**
 * Registers the node, then keeps it and its Lease fresh while the Scope is open.
 *
 * Fails with ApiError when the first registration is refused for good; later failures are logged and made up for.
 */
export const runNode = Effect.fn("Node.run")(function* (
  options: RunnerOptions,
): Effect.fn.Return<Node, ApiError, Client | SandboxRuntime | Scope.Scope> {
  const machine = options.machine ?? (yield* readMachine)
  const beat = keepNode(options, machine)
  const node = yield* beat.pipe(
    Effect.retry({
      while: (error) => error.class === "retry" || error.class === "refresh",
      schedule: Schedule.jittered(
        Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced(leaseRenewEvery)]),
      ),
    }),
  )
  yield* beat.pipe(
    Effect.catch((error) =>
      Effect.logWarning("node heartbeat failed").pipe(
        Effect.annotateLogs({ node: options.nodeName, reason: error.reason, error: error.message }),
      ),
    ),
    Effect.repeat(Schedule.spaced(leaseRenewEvery)),
    Effect.delay(leaseRenewEvery),
    Effect.forkScoped,
  )
  return node
})

/** One beat: the Node, its Lease, its status. */
const keepNode = Effect.fnUntraced(function* (
  options: RunnerOptions,
  machine: Machine,
): Effect.fn.Return<Node, ApiError, Client | SandboxRuntime> {
  const runtime = yield* SandboxRuntime
  const told = yield* runtime.info.pipe(
    Effect.map((info) => ({ info })),
    Effect.catch(({ message }) => Effect.succeed({ failure: message })),
  )
  const facts: RunnerFacts = { options, machine, runtime: told, now: yield* Clock.currentTimeMillis }
  const node = yield* ensureNode(facts)
  yield* renewLease(node, facts.now)
  return yield* ensureStatus(node, facts)
})

const ensureNode = Effect.fnUntraced(function* (facts: RunnerFacts) {
  const client = yield* Client
  const key = { namespace: "", name: facts.options.nodeName }
  let node = yield* client
    .get(Node, key)
    .pipe(Effect.catchIf(isReason("NotFound"), () => client.create(Node, newNode(facts), manager)))
  const labels = missingLabels(facts, node)
  if (labels !== undefined) {
    node = yield* client.patch(Node, key, {
      patch: { type: "merge", value: { metadata: { labels } } },
      options: manager,
    })
  }
  return node
})

const ensureStatus = Effect.fnUntraced(function* (node: Node, facts: RunnerFacts) {
  const client = yield* Client
  const status = nextNodeStatus(facts, node.status)
  return isStatusDue(node.status, status, facts.now)
    ? yield* client.updateStatus(Node, { ...node, status }, manager)
    : node
})

/** The Lease belongs to its Node, and goes with it. */
const renewLease = Effect.fnUntraced(function* ({ metadata }: Node, now: number) {
  const client = yield* Client
  const key = { namespace: LEASE_NAMESPACE, name: metadata.name }
  const renewTime = microTime(now)
  const owner = { apiVersion: "v1", kind: "Node", name: metadata.name, uid: metadata.uid ?? "" }
  const lease: Lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { ...key, ownerReferences: [owner] },
    spec: { holderIdentity: metadata.name, leaseDurationSeconds: LEASE_DURATION_SECONDS, renewTime },
  }
  const value = {
    metadata: { ownerReferences: [owner] },
    spec: { holderIdentity: metadata.name, leaseDurationSeconds: LEASE_DURATION_SECONDS, renewTime },
  }
  yield* client
    .patch(Lease, key, { patch: { type: "merge", value }, options: manager })
    .pipe(Effect.catchIf(isReason("NotFound"), () => createLease(lease)))
})

/** The namespace is made by whoever comes first. */
const createLease = Effect.fnUntraced(function* (lease: Lease) {
  const client = yield* Client
  const namespace: Namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: LEASE_NAMESPACE } }
  return yield* client.create(Lease, lease, manager).pipe(
    Effect.catchIf(isReason("NotFound"), () =>
      client.create(Namespace, namespace, manager).pipe(
        Effect.asVoid,
        Effect.catchIf(isReason("AlreadyExists"), () => Effect.void),
        Effect.andThen(client.create(Lease, lease, manager)),
      ),
    ),
  )
})
