/**
 * What one kind may do differently from the generic registry. Everything is optional; a kind without one behaves as a
 * custom resource does. Functions are synchronous and see documents in the version of the request.
 */
import type { UserInfo } from "./exchange.ts"
import type { FieldError, MutableObject } from "./machinery.ts"
import type { StatusError } from "./status-error.ts"

/** What a strategy may ask of its surroundings. */
export interface StrategyContext {
  readonly user: UserInfo
  /** RFC 3339 seconds. */
  readonly now: string
  /** "" on the main endpoint. */
  readonly subresource: string
}

export interface Strategy {
  /** Whether `metadata.generation` is kept. */
  readonly generation: boolean
  /** Whether an update without resourceVersion overwrites whatever is there. */
  readonly unconditionalUpdate: boolean
  /** Whether a PUT makes an object that is not there. */
  readonly createOnUpdate?: boolean
  /** False where deletecollection is not served. */
  readonly collectionDelete?: boolean
  /** Whether names are DNS labels instead of subdomains. */
  readonly labelNames?: boolean
  /** Whether names are anything that can stand in a path, such as `system:node`. */
  readonly pathNames?: boolean
  /** Own subresources whose PUT and PATCH write the object: their names and what they may change. */
  readonly subresources?: { readonly [name: string]: (next: MutableObject, old: MutableObject) => void }
  /** What field selectors may name besides the selectable fields of the definition, and what it reads. */
  readonly selectable?: { readonly [label: string]: (object: MutableObject) => string }
  /** The verbs that are served; absent: all. */
  readonly verbs?: ReadonlyArray<string>
  /** Answers a create by itself: nothing is stored (reviews). */
  readonly answer?: (
    object: MutableObject,
    context: StrategyContext,
  ) => MutableObject | Promise<MutableObject>
  /** Changes the object in place before defaults and validation. */
  readonly prepareCreate?: (object: MutableObject, context: StrategyContext) => void
  readonly prepareUpdate?: (object: MutableObject, old: MutableObject, context: StrategyContext) => void
  readonly validate?: (object: MutableObject, old: MutableObject | undefined) => ReadonlyArray<FieldError>
  /** What is taken but not done, or not done well: told in Warning headers. */
  readonly warnings?: (object: MutableObject) => ReadonlyArray<string>
  /** Cells of a Table that no jsonPath gives, by the index of their column behind Name. `now` is in epoch milliseconds. */
  readonly cells?: (object: MutableObject, now: number) => { readonly [column: number]: string | number }
  /** Refuses a deletion. */
  readonly refuseDelete?: (name: string) => StatusError | undefined
  /** Finalizers that a deletion adds. */
  readonly deletionFinalizers?: ReadonlyArray<string>
  /** How long an object that is being deleted may take to stop, in seconds, unless the deletion says so. Absent: no time. */
  readonly gracePeriodSeconds?: (object: MutableObject) => number
  /** Marks an object whose deletion has begun. */
  readonly prepareDelete?: (object: MutableObject, context: StrategyContext) => void
  /** Whether something besides metadata.finalizers still holds a deleted object. */
  readonly held?: (object: MutableObject) => boolean
}

/** What names of a kind may look like, as the validation of metadata asks. */
export const nameRule = ({ labelNames, pathNames }: Strategy): "dnsLabel" | "dnsSubdomain" | "pathSegment" =>
  labelNames === true ? "dnsLabel" : pathNames === true ? "pathSegment" : "dnsSubdomain"

/** The strategy of custom resources, and of built-in kinds that need nothing else. */
export const customStrategy: Strategy = { generation: true, unconditionalUpdate: false }
