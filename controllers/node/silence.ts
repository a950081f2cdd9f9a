/**
 * How long each runner has been silent, by our own clock: those of other machines do not count. Plain.
 * A new controller gives every node its full time again.
 */
import type { Lease, Node } from "../../schemas/index.ts"

export class Silence {
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

/** What a runner changes as long as it lives: its Lease, and its word in the status. Whichever of them shows first counts. */
export const signOf = (node: Node | undefined, lease: Lease | undefined): string => {
  const heartbeat = node?.status?.conditions?.find(({ type }) => type === "Ready")?.lastHeartbeatTime
  return `${node?.metadata.uid} ${lease?.spec?.renewTime} ${heartbeat}`
}
