/**
 * Who wants to know what was read: a controller sets it around a reconcile, and the client and listers tell it of each object and
 * list that they gave out.
 */
import * as Context from "effect/Context"
import type { Kind } from "../schemas/index.ts"
import type { ObjectKey } from "./client.ts"

/** One thing that was read. */
export interface Read {
  readonly kind: Kind
  /** Absent for a list. */
  readonly key?: ObjectKey
  /** Of a list: "" is all namespaces. */
  readonly namespace?: string
  /** Of the object, or of the list; undefined where there was no such object. */
  readonly resourceVersion: string | undefined
}

export const ReadContext = Context.Reference<{ readonly onRead?: (read: Read) => void }>(
  "client/ReadContext",
  { defaultValue: () => ({}) },
)
