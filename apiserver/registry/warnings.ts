/** What is taken but not well done: told in Warning headers. Source: apiserver handlers and customresource strategy. */
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import type { Operation } from "./context.ts"
import { finalizersOf, metadataOf } from "./object-meta.ts"

/** Finalizers of Kubernetes itself, which need no domain. */
const standard: ReadonlySet<string> = new Set(["orphan", "foregroundDeletion", "kubernetes"])

/** The same for references that are equal, whatever the order of their fields. */
const textOf = (reference: MutableJson): string =>
  JSON.stringify(
    isObject(reference) ? Object.entries(reference).sort(([a], [b]) => (a < b ? -1 : 1)) : reference,
  )

/** Equal owner references become one, in place. */
const mergeOwnerReferences = (object: MutableObject): boolean => {
  const metadata = metadataOf(object)
  const { ownerReferences } = metadata
  if (!Array.isArray(ownerReferences) || ownerReferences.length < 2) return false
  // Told apart by their text: a client may send tens of thousands, too many to compare each with each.
  const seen = new Set<string>()
  const kept = ownerReferences.filter((reference) => {
    const text = textOf(reference)
    const isNew = !seen.has(text)
    seen.add(text)
    return isNew
  })
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
