/**
 * How a Sandbox and its containers at the runtime find each other: ids made of uid and attempt, and labels to go back.
 */
import { createHash } from "node:crypto"
import type { SandboxId, SandboxStatus } from "../../runtime-shim/index.ts"

/** What every runtime sandbox of ours carries. */
export const runtimeLabels = {
  namespace: "compute.miren.dev/namespace",
  name: "compute.miren.dev/name",
  uid: "compute.miren.dev/uid",
  attempt: "compute.miren.dev/attempt",
  /** Of the spec it was created from: a running sandbox with another hash is replaced. */
  specHash: "compute.miren.dev/spec-hash",
  /** How long this attempt was held back after the end of the one before: the next back-off grows from it. */
  backoffSeconds: "compute.miren.dev/backoff-seconds",
} as const

const ID_LENGTH = 32

/** The runtime id of one attempt: the same for the same attempt, whoever asks; never the same for another. */
export const runtimeIdOf = (uid: string, attempt: number): SandboxId =>
  createHash("sha256").update(`${uid}/${attempt}`).digest("hex").slice(0, ID_LENGTH)

/** Whose a runtime sandbox is. */
export interface RuntimeIdentity {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly attempt: number
  readonly specHash: string
  readonly backoffSeconds: number
}

export const labelsOf = (identity: RuntimeIdentity): { readonly [key: string]: string } => ({
  [runtimeLabels.namespace]: identity.namespace,
  [runtimeLabels.name]: identity.name,
  [runtimeLabels.uid]: identity.uid,
  [runtimeLabels.attempt]: String(identity.attempt),
  [runtimeLabels.specHash]: identity.specHash,
  [runtimeLabels.backoffSeconds]: String(identity.backoffSeconds),
})

const labelOf = (labels: { readonly [key: string]: string }, name: string): string =>
  Object.hasOwn(labels, name) ? (labels[name] ?? "") : ""

const countOf = (labels: { readonly [key: string]: string }, name: string): number | undefined => {
  const text = labelOf(labels, name)
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** The identity that the labels spell, or undefined where they are not ours or not whole. */
export const identityOf = ({ labels }: Pick<SandboxStatus, "labels">): RuntimeIdentity | undefined => {
  const attempt = countOf(labels, runtimeLabels.attempt)
  const identity = {
    namespace: labelOf(labels, runtimeLabels.namespace),
    name: labelOf(labels, runtimeLabels.name),
    uid: labelOf(labels, runtimeLabels.uid),
    specHash: labelOf(labels, runtimeLabels.specHash),
    backoffSeconds: countOf(labels, runtimeLabels.backoffSeconds) ?? 0,
  }
  const isWhole = identity.namespace !== "" && identity.name !== "" && identity.uid !== ""
  return isWhole && attempt !== undefined ? { ...identity, attempt } : undefined
}

/** Those that are ours, the newest first: by the time when it was made, since a name may have been given anew. */
export const newestFirst = (
  sandboxes: ReadonlyArray<SandboxStatus>,
): ReadonlyArray<SandboxStatus & { readonly identity: RuntimeIdentity }> =>
  sandboxes
    .flatMap((sandbox) => {
      const identity = identityOf(sandbox)
      return identity === undefined ? [] : [{ ...sandbox, identity }]
    })
    .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || b.identity.attempt - a.identity.attempt)
