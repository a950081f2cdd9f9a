/**
 * Shuffle sharding: the few queues that a flow may stand in, dealt from its hash. Two flows rarely share all of theirs, so
 * one that fills its queues leaves others room. Source: util/shufflesharding dealer.
 */
import { createHash } from "node:crypto"

/** `handSize` different queues out of `queues`, always the same for a flow. */
export const dealHand = (flow: string, queues: number, handSize: number): ReadonlyArray<number> => {
  let entropy = createHash("sha256").update(flow).digest().readBigUInt64LE()
  const hand: number[] = []
  for (let dealt = 0; dealt < handSize; dealt++) {
    const left = BigInt(queues - dealt)
    let card = Number(entropy % left)
    entropy /= left
    // The card-th of the queues that are not in the hand yet.
    for (const taken of [...hand].sort((a, b) => a - b)) if (taken <= card) card++
    hand.push(card)
  }
  return hand
}
