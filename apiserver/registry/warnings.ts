/** What is taken but not well done: told in Warning headers. Source: apiserver handlers and customresource strategy. */
import { equal } from "../json/index.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import type { Operation } from "./context.ts"
import { finalizersOf, metadataOf } from "./object-meta.ts"

/** Finalizers of Kubernetes itself, which need no domain. */
const standard: ReadonlySet<string> = new Set(["orphan", "foregroundDeletion", "kubernetes"])

/** Equal owner references become one, in place. */
const mergeOwnerReferences = (object: MutableObject): boolean => {
  const metadata = metadataOf(object)
  const { ownerReferences } = metadata
  if (!Array.isArray(ownerReferences) || ownerReferences.length < 2) return false
  const kept: MutableJson[] = []
  for (const reference of ownerReferences)
    if (!kept.some((other) => equal(other, reference))) kept.push(reference)
  if (kept.length === ownerReferences.length) return false
  metadata.ownerReferences = kept
  return true
}

/** Warns of what an object newly has. May change `object`. */
export const warnOf = ({ call, target }: Operation, object: MutableObject, old?: MutableObject): void => {
  if (mergeOwnerReferences(object)) {
    call.warnings.push(
      ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may " +
        "reject such requests as early as 1.24; please fix your requests",
    )
  }
  call.warnings.push(...(target.resource.strategy.warnings?.(object) ?? []))
  if (target.resource.origin !== "custom") return
  const before = new Set(old === undefined ? [] : finalizersOf(old))
  for (const finalizer of finalizersOf(object)) {
    if (finalizer.includes("/") || standard.has(finalizer) || before.has(finalizer)) continue
    call.warnings.push(
      `metadata.finalizers: "${finalizer}": prefer a domain-qualified finalizer name including a path (/) to avoid ` +
        "accidental conflicts with other finalizer writers",
    )
  }
}
