/**
 * What surrounds a write: why it is made, and who wants to know that it was made.
 * A controller sets it around a reconcile; the client reads it at each write, whoever makes it and wherever it got its client.
 */
import * as Context from "effect/Context"
import type { Kind, KubeObject } from "../schemas/index.ts"
import type { ObjectKey } from "./client.ts"

/** A write that the server has accepted. Dry runs are none. */
export interface Written {
  readonly verb: "create" | "update" | "patch" | "apply" | "delete"
  readonly kind: Kind
  readonly key: ObjectKey
  /** As the server returned it; absent when a delete removed it at once. */
  readonly object?: KubeObject
  /** The uid of a removed object, where the server told it. */
  readonly removedUid?: string
}

/** A write whose answer never came: the server may have accepted it. `key.name` is "" where the server was to choose it. */
export type Unanswered = Pick<Written, "verb" | "kind" | "key">

export interface WriteContextShape {
  /** Sent as the header `Miren-Cause`. */
  readonly cause?: string
  readonly onWritten?: (written: Written) => void
  readonly onUnanswered?: (write: Unanswered) => void
}

export const WriteContext = Context.Reference<WriteContextShape>("client/WriteContext", {
  defaultValue: () => ({}),
})

/** The header that carries a write's cause; servers that do not know it ignore it. */
export const causeHeader = "miren-cause"
