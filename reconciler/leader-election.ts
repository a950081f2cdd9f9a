/**
 * One leader among many replicas, by a Lease. Start with {@link withLeadership}.
 *
 * Flow:
 * 1. Read the Lease. Nobody's: take it. Another's: wait until it was not renewed for as long as it says, seen by our own clock.
 * 2. Holding it, run what is led, and renew it every `retryPeriod`.
 * 3. Not renewed for `renewDeadline`, or taken by another: what is led is interrupted at once. Then 1 again.
 *    Its writes are fenced: none is sent once the Lease may be another's, even by a process that stood still meanwhile.
 * 4. When interrupted from outside: what is led ends first, still as leader; then the Lease is given up.
 *
 * Assumes: clocks run at about the same speed, not that they agree; `renewDeadline` is well under `leaseDuration`, for between
 * the two nobody leads. Source: client-go `tools/leaderelection`.
 */
import { Clock, Deferred, Duration, Effect, Random, Result } from "effect"
import { ApiError, Client, isReason, LeadershipLost, WriteFence } from "../client/index.ts"
import { Lease, type LeaseSpec } from "../schemas/index.ts"
import { detached } from "./detached.ts"
import { leaderStatus } from "./metrics.ts"

export interface LeaderElectionOptions {
  /** The Lease's name; replicas of one thing use one name. */
  readonly name: string
  readonly namespace: string
  /** Unlike that of every other replica, also of this one before a restart. Absent: random. */
  readonly identity?: string
  /** How long others wait for a leader that says nothing. */
  readonly leaseDuration?: Duration.Input
  /** How long the leader goes on leading without having renewed. */
  readonly renewDeadline?: Duration.Input
  readonly retryPeriod?: Duration.Input
}

export interface Leadership {
  readonly identity: string
  /** True once another may lead: end at once, without grace. */
  readonly isLost: () => boolean
}

/** A Lease as it was last seen to change, and when that was by our own clock. */
export interface Observation {
  readonly lease: Lease
  readonly atMs: number
}

export type ElectionStep = "create" | "take" | "renew" | "wait"

/** What to do about the Lease as it is. Pure. */
export const electionStep = (
  observed: Observation | undefined,
  identity: string,
  nowMs: number,
): ElectionStep => {
  if (observed === undefined) return "create"
  const { holderIdentity, leaseDurationSeconds } = observed.lease.spec ?? {}
  if (holderIdentity === identity) return "renew"
  if (holderIdentity === undefined || holderIdentity === null || holderIdentity === "") return "take"
  return nowMs - observed.atMs >= (leaseDurationSeconds ?? 0) * 1000 ? "take" : "wait"
}

/** A MicroTime: RFC 3339 with six digits. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "000Z")

interface Terms {
  readonly name: string
  readonly namespace: string
  readonly identity: string
  readonly leaseDuration: Duration.Duration
  readonly renewDeadline: Duration.Duration
  readonly retryPeriod: Duration.Duration
}

const termsOf = Effect.fnUntraced(function* (options: LeaderElectionOptions) {
  const random = yield* Random.nextIntBetween(0, Number.MAX_SAFE_INTEGER)
  const terms: Terms = {
    name: options.name,
    namespace: options.namespace,
    identity: options.identity ?? random.toString(16),
    leaseDuration: Duration.fromInputUnsafe(options.leaseDuration ?? "15 seconds"),
    renewDeadline: Duration.fromInputUnsafe(options.renewDeadline ?? "10 seconds"),
    retryPeriod: Duration.fromInputUnsafe(options.retryPeriod ?? "2 seconds"),
  }
  if (!Duration.isLessThan(terms.renewDeadline, terms.leaseDuration)) {
    return yield* Effect.die(new Error("leader election: renewDeadline must be below leaseDuration"))
  }
  return terms
})

/** The Lease as this replica would write it. */
const leaseOf = (terms: Terms, before: Lease | undefined, nowMs: number): Lease => {
  const held = before?.spec?.holderIdentity === terms.identity
  const spec: LeaseSpec = {
    ...before?.spec,
    holderIdentity: terms.identity,
    leaseDurationSeconds: Math.ceil(Duration.toSeconds(terms.leaseDuration)),
    acquireTime: held ? (before.spec?.acquireTime ?? microTime(nowMs)) : microTime(nowMs),
    renewTime: microTime(nowMs),
    leaseTransitions: before === undefined ? 0 : (before.spec?.leaseTransitions ?? 0) + (held ? 0 : 1),
  }
  const metadata = before?.metadata ?? { name: terms.name, namespace: terms.namespace }
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec }
}

/** Reads the Lease and tries once to hold it. */
const makeCandidate = Effect.fnUntraced(function* (terms: Terms) {
  const client = yield* Client
  const key = { namespace: terms.namespace, name: terms.name }
  /** Until when no other replica may take the Lease, by our own clock: counted from before it was written. */
  let heldUntilMs = Number.NEGATIVE_INFINITY
  let observed: Observation | undefined

  const monotonicMs = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

  const observe = Effect.fnUntraced(function* () {
    const lease = yield* client.get(Lease, key).pipe(
      Effect.map((found): Lease | undefined => found),
      Effect.catchIf(isReason("NotFound"), () => Effect.succeed(undefined)),
    )
    const before = observed?.lease.metadata
    const unchanged =
      before?.resourceVersion === lease?.metadata.resourceVersion && before?.uid === lease?.metadata.uid
    if (lease === undefined) observed = undefined
    else if (!unchanged || observed === undefined) observed = { lease, atMs: yield* monotonicMs }
    return observed
  })

  /** True when this replica holds the Lease after it. */
  const attempt = Effect.fnUntraced(function* () {
    const seen = yield* observe()
    const step = electionStep(seen, terms.identity, yield* monotonicMs)
    if (step === "wait") return false
    const lease = leaseOf(terms, seen?.lease, yield* Clock.currentTimeMillis)
    const sentAtMs = yield* monotonicMs
    const written = yield* step === "create" ? client.create(Lease, lease) : client.update(Lease, lease)
    observed = { lease: written, atMs: yield* monotonicMs }
    heldUntilMs = sentAtMs + Duration.toMillis(terms.leaseDuration)
    return true
  })

  /** Lets the next one in at once instead of after the lease's duration. */
  const release = Effect.fnUntraced(function* () {
    heldUntilMs = Number.NEGATIVE_INFINITY
    const seen = yield* observe()
    if (seen?.lease.spec?.holderIdentity !== terms.identity) return
    const spec = { ...seen.lease.spec, holderIdentity: "", leaseDurationSeconds: 1 }
    yield* client.update(Lease, { ...seen.lease, spec })
  })

  return {
    attempt: Effect.suspend(attempt),
    release: Effect.suspend(release),
    heldUntilMs: () => heldUntilMs,
  }
})

type Candidate = Effect.Success<ReturnType<typeof makeCandidate>>

/** Tries until the Lease is held; jittered, as all replicas start at once. */
const acquire = (candidate: Candidate, terms: Terms): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (;;) {
      const attempted = yield* Effect.result(within(candidate.attempt, terms.renewDeadline))
      if (Result.isSuccess(attempted) && attempted.success) return
      if (Result.isFailure(attempted) && attempted.failure.class !== "refresh") {
        yield* Effect.logInfo("the lease could not be read or written", attempted.failure.message)
      }
      const jitter = yield* Random.nextBetween(1, 1.2)
      yield* Effect.sleep(Duration.millis(Math.round(Duration.toMillis(terms.retryPeriod) * jitter)))
    }
  })

/** Renews until the deadline passes without success, or another holds the Lease. */
const renew = (candidate: Candidate, terms: Terms): Effect.Effect<void> =>
  Effect.gen(function* () {
    let left = terms.renewDeadline
    for (;;) {
      yield* Effect.sleep(Duration.min(terms.retryPeriod, left))
      left = Duration.subtract(left, terms.retryPeriod)
      const [took, attempted] = yield* Effect.timed(Effect.result(within(candidate.attempt, left)))
      if (Result.isSuccess(attempted)) {
        if (!attempted.success) return yield* Effect.logWarning("another replica holds the lease")
        left = Duration.subtract(terms.renewDeadline, took)
        continue
      }
      left = Duration.subtract(left, took)
      if (Duration.isLessThanOrEqualTo(left, Duration.zero)) {
        return yield* Effect.logWarning("the lease could not be renewed in time", attempted.failure.message)
      }
    }
  })

const within = <A>(effect: Effect.Effect<A, ApiError>, duration: Duration.Duration) =>
  Effect.timeoutOrElse(effect, {
    duration,
    orElse: () =>
      Effect.fail(
        new ApiError({ reason: "Timeout", message: "no answer in time", operation: "renew Lease" }),
      ),
  })

/**
 * Runs `led` while this replica leads: waits for leadership, interrupts `led` when it is lost, and waits again. Ends when `led`
 * does. The Lease is given up at the end.
 */
export const withLeadership = <A, E, R>(
  options: LeaderElectionOptions,
  led: (leadership: Leadership) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R | Client> =>
  Effect.gen(function* () {
    const terms = yield* termsOf(options)
    const candidate = yield* makeCandidate(terms)
    const context = yield* Effect.context<never>()
    const status = leaderStatus(terms.name)
    for (;;) {
      status.updateUnsafe(0, context)
      yield* acquire(candidate, terms)
      yield* Effect.logInfo("leading")
      status.updateUnsafe(1, context)
      const outcome = yield* Effect.scoped(term(candidate, terms, led))
      status.updateUnsafe(0, context)
      if (outcome._tag === "Ended") return outcome.value
    }
  }).pipe(Effect.annotateLogs({ lease: `${options.namespace}/${options.name}` }))

/** One time of leading: from the Lease held to the Lease lost or given up. */
const term = Effect.fnUntraced(function* <A, E, R>(
  candidate: Candidate,
  terms: Terms,
  led: (leadership: Leadership) => Effect.Effect<A, E, R>,
) {
  const lost = yield* Deferred.make<void>()
  yield* Effect.addFinalizer(() =>
    Deferred.isDoneUnsafe(lost)
      ? Effect.void
      : Effect.asVoid(detached(within(candidate.release, terms.retryPeriod))),
  )
  // Renewal ends before the Lease is given up, and goes on while what is led winds down.
  yield* Effect.forkScoped(Effect.andThen(renew(candidate, terms), Deferred.succeed(lost, undefined)))
  const leadership: Leadership = { identity: terms.identity, isLost: () => Deferred.isDoneUnsafe(lost) }
  const clock = yield* Clock.Clock
  const hasPassed = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n) >= candidate.heldUntilMs()
  const fence = () =>
    leadership.isLost() || hasPassed() ? new LeadershipLost(`${terms.namespace}/${terms.name}`) : undefined
  return yield* Effect.raceFirst(
    Effect.map(Effect.provideService(led(leadership), WriteFence, fence), (value) => ({
      _tag: "Ended" as const,
      value,
    })),
    Effect.as(Deferred.await(lost), { _tag: "Lost" as const }),
  )
})
