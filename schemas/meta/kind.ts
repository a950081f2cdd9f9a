/**
 * What a client must know of a kind to speak of it: the path parts, and the type by phantom.
 * Built-in kinds have theirs generated (`schemas/kinds.gen.ts`); authors write or generate their own.
 */
import type { KubeObject } from "./object.ts"

export interface Kind<T extends KubeObject = KubeObject> {
  /** "" for core. */
  readonly group: string
  readonly version: string
  readonly kind: string
  /** The resource: plural, lower case. */
  readonly plural: string
  readonly namespaced: boolean
  /** Carries the type only; never present at run time. */
  readonly "~object"?: T
}

/** The object type of a Kind. */
export type ObjectOf<K> = K extends Kind<infer T> ? T : never

/** `v1` or `group/version`. */
export const apiVersionOf = (kind: { readonly group: string; readonly version: string }): string =>
  kind.group === "" ? kind.version : `${kind.group}/${kind.version}`
