/** Which seats of a Crew to make and which to take away: a pure function. */
import { isControlledBy } from "miren/reconciler"
import type { ConfigMap } from "miren/schemas"
import type { Crew } from "./generated/crew.gen.ts"

export interface Plan {
  /** Names of seats that have to be there. */
  readonly wanted: ReadonlyArray<string>
  readonly surplus: ReadonlyArray<ConfigMap>
  /** Seats that are there and wanted. */
  readonly present: number
}

/** `seats` are all ConfigMaps of the namespace; what others own is none of ours. */
export const plan = (crew: Crew, seats: ReadonlyArray<ConfigMap>): Plan => {
  const owned = seats.filter((seat) => isControlledBy(seat, crew))
  const wanted = Array.from({ length: crew.spec.size }, (_, index) => `${crew.metadata.name}-${index}`)
  const surplus = owned.filter(({ metadata }) => !wanted.includes(metadata.name))
  return { wanted, surplus, present: owned.length - surplus.length }
}
