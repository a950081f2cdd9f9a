/**
 * What is set aside on each node: every bound Sandbox's share, kept up by changes and not by counting anew.
 *
 * A binding is booked before it is asked for, and stays booked though the informer does not show it yet, or its answer was lost:
 * two Sandboxes scheduled in a row are never given the same room. Plain and synchronous. Start with {@link Ledger}.
 */
import { Result } from "effect"
import type { Sandbox } from "../../schemas/index.ts"
import { type Amounts, type HostPort, hostPortsOf, isFinished, requestsOf } from "./demand.ts"

/** What is taken of one node. */
export interface Usage {
  readonly amounts: Amounts
  readonly hostPorts: Iterable<HostPort>
}

interface Booking {
  readonly nodeName: string
  readonly amounts: Amounts
  readonly hostPorts: ReadonlyArray<HostPort>
}

interface Account {
  readonly amounts: Map<string, number>
  /** By the Sandbox that holds them. */
  readonly hostPorts: Map<string, ReadonlyArray<HostPort>>
}

const nothing: Usage = { amounts: new Map(), hostPorts: [] }

export const isBound = ({ spec }: Sandbox): boolean => spec.nodeName !== undefined && spec.nodeName !== ""

/** Guarantees: the accounts are the sums of the bookings after every call. */
export class Ledger {
  readonly #bookings = new Map<string, Booking>()
  readonly #accounts = new Map<string, Account>()

  /** Takes in a Sandbox as it is now. One that is not bound says nothing: it may be older than its booking. */
  book(sandbox: Sandbox): void {
    const { uid } = sandbox.metadata
    if (uid === undefined || !isBound(sandbox)) return
    this.release(sandbox)
    const booking = bookingOf(sandbox)
    this.#bookings.set(uid, booking)
    const account = this.#accountOf(booking.nodeName)
    add(account.amounts, booking.amounts, 1)
    if (booking.hostPorts.length > 0) account.hostPorts.set(uid, booking.hostPorts)
  }

  /** The Sandbox is gone. */
  release({ metadata: { uid = "" } }: Sandbox): void {
    const booking = this.#bookings.get(uid)
    if (booking === undefined) return
    this.#bookings.delete(uid)
    const account = this.#accountOf(booking.nodeName)
    add(account.amounts, booking.amounts, -1)
    account.hostPorts.delete(uid)
    if (account.amounts.size === 0 && account.hostPorts.size === 0) this.#accounts.delete(booking.nodeName)
  }

  of(nodeName: string): Usage {
    const account = this.#accounts.get(nodeName)
    if (account === undefined) return nothing
    const { amounts, hostPorts } = account
    return { amounts, hostPorts: [...hostPorts.values()].flat() }
  }

  #accountOf(nodeName: string): Account {
    const known = this.#accounts.get(nodeName)
    if (known !== undefined) return known
    const made: Account = { amounts: new Map(), hostPorts: new Map() }
    this.#accounts.set(nodeName, made)
    return made
  }
}

/** One that has ended gives its resources back; its host ports it holds until it is removed. */
const bookingOf = (sandbox: Sandbox): Booking => {
  const requests = requestsOf(sandbox)
  // Requests that make no sense were not bound by us, and count for nothing.
  const isCounted = Result.isSuccess(requests) && !isFinished(sandbox)
  return {
    nodeName: sandbox.spec.nodeName ?? "",
    amounts: isCounted ? requests.success : new Map(),
    hostPorts: hostPortsOf(sandbox),
  }
}

const add = (sum: Map<string, number>, amounts: Amounts, sign: 1 | -1): void => {
  for (const [resource, amount] of amounts) {
    const next = (sum.get(resource) ?? 0) + sign * amount
    if (next === 0) sum.delete(resource)
    else sum.set(resource, next)
  }
}
