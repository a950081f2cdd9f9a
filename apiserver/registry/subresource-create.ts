/**
 * Subresources that a POST answers by itself, such as `serviceaccounts/token`: nothing of the object changes. A resource that
 * is only ever answered has the name "" here.
 */
import type { MutableObject } from "../machinery.ts"
import type { Operation } from "./context.ts"

export interface SubresourceCreate {
  /** The kind of what is sent and answered. */
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly answer: (operation: Operation) => MutableObject | Promise<MutableObject>
}

/** By `group/plural/subresource`. */
export type SubresourceCreates = { readonly [id: string]: SubresourceCreate }

export const subresourceCreate = (
  creates: SubresourceCreates,
  resourceId: string,
  subresource: string,
): SubresourceCreate | undefined => {
  const id = `${resourceId}/${subresource}`
  return Object.hasOwn(creates, id) ? creates[id] : undefined
}
