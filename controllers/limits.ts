/** What the controllers do at most, at once and in one go, and how long they wait. */
import { Duration } from "effect"

/** Longest text that is looked at as a quantity. */
export const quantityCharactersMax = 64

/** Objects of one resource that one pass over a namespace reads, and so deletes. */
export const namespacePassObjectsMax = 500
/** Passes of one reconcile: each deletes what one list tells, so a namespace with more takes a few. */
export const namespacePassesMax = 20
export const namespaceListsAtOnce = 8
export const namespaceDeletesAtOnce = 16
export const namespaceWorkers = 4
/** How long others are given to let their objects go before they are looked at again. */
export const namespaceContentWait = Duration.seconds(2)

export const collectorWorkers = 8
/** How often the collector finds out what the API serves, where no CustomResourceDefinition tells it to. */
export const discoverEvery = Duration.seconds(30)
/** How long a deletion that must know all dependents waits for lists that are being read. */
export const graphWait = Duration.seconds(5)
/** How long an object whose owner is of an unknown kind is left alone, when no kind comes. */
export const unknownKindWait = Duration.minutes(10)

/** A runner renews its Lease this often; after `nodeLostAfter` it has missed four in a row. */
export const leaseRenewEvery = Duration.seconds(10)
export const nodeLostAfter = Duration.seconds(40)
/** Objects of a lost node that are written at once. */
export const lostNodeWritesAtOnce = 8
/** Heartbeats alone are written this seldom: the Lease tells that the runner lives. */
export const nodeHeartbeatEvery = Duration.minutes(5)
/** Sandboxes on one node, unless its runner says otherwise. */
export const nodeSandboxesDefault = 250

/** How long a Sandbox without a place waits before it is looked at again, whatever happens. */
export const unschedulableWait = Duration.minutes(1)

/** Sandboxes that a runner works on at once, unless it says otherwise: most of them wait for the runtime. */
export const runnerWorkersDefault = 32
/** Rounds of one reconcile. The longest way there takes seven; more means that somebody works against us. */
export const sandboxRoundsMax = 24
/** How long a runtime sandbox must be seen to be nobody's before it is removed; also how often is looked. */
export const orphanGrace = Duration.seconds(30)
/** A DNS label. */
export const hostnameCharactersMax = 63
