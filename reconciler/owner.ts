/** Owner references: who an object belongs to. Source: API conventions; garbage collection follows them. */
import { apiVersionOf, type Kind, type KubeObject, type OwnerReference } from "../schemas/index.ts"

/** The owner that controls the object; there is at most one. */
export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((reference) => reference.controller === true)

/** Whether this very owner, not another one of its name, controls the object. */
export const isControlledBy = (object: KubeObject, owner: KubeObject): boolean =>
  owner.metadata.uid !== undefined && controllerOf(object)?.uid === owner.metadata.uid

/**
 * The reference that makes `owner` the controller of what carries it. Throws for an owner that was never stored: it has no uid.
 * `blockOwnerDeletion` makes a foreground deletion of the owner wait for the dependent.
 */
export const controllerReference = (kind: Kind, owner: KubeObject): OwnerReference => ({
  ...ownerReference(kind, owner),
  controller: true,
  blockOwnerDeletion: true,
})

/** A reference that only keeps the object alive as long as one of its owners is. */
export const ownerReference = (kind: Kind, owner: KubeObject): OwnerReference => {
  const { name, uid } = owner.metadata
  if (uid === undefined)
    throw new Error(`${kind.kind} ${name} has no uid: only a stored object can own others`)
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, name, uid }
}
