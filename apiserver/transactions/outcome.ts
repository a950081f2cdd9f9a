/** What has become (or would) of one object of a transaction. */
import type { MutableObject } from "../machinery.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import type { GatheredWrite } from "./gathering-writer.ts"
import type { Part } from "./part.ts"

export type OutcomeType = "created" | "configured" | "unchanged" | "pruned"

export interface Outcome {
  readonly type: OutcomeType
  readonly part: Part
  /** The object as it will be answered, but for the revision of what is yet to be written. */
  readonly object: MutableObject
  /** Undefined in a dry run. */
  readonly write: GatheredWrite | undefined
  /** It is to be deleted, and will be there until its finalizers let it go. */
  readonly terminating: boolean
}

/** The HTTP code that it would have been answered with by itself. */
export const codeOf = ({ type }: Outcome): number => (type === "created" ? 201 : 200)

/** An outcome as the answer tells it; `revision` is that of the transaction. */
export const statusOf = (outcome: Outcome, revision: bigint | undefined): MutableObject => {
  const { part, object, type, write, terminating } = outcome
  const { version, resource, namespace, name } = part.manifest.target
  const metadata = metadataOf(object)
  const isWritten = write !== undefined && write.type !== "keep"
  const resourceVersion = isWritten ? String(revision) : shownVersion(outcome, metadata)
  return {
    apiVersion: version.apiVersion,
    kind: resource.kind,
    ...(namespace === "" ? {} : { namespace }),
    name,
    uid: stringOf(metadata, "uid"),
    ...(resourceVersion === "" ? {} : { resourceVersion }),
    outcome: type,
    ...(terminating ? { terminating } : {}),
  }
}

/** Of what a dry run would write, nothing is known. */
const shownVersion = ({ type }: Outcome, metadata: MutableObject): string =>
  type === "unchanged" ? stringOf(metadata, "resourceVersion") : ""
