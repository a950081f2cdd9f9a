/** The seam to conversion between the versions of a kind where more than the apiVersion changes. */
import type { MutableObject } from "./machinery.ts"

export interface Converter {
  /**
   * The objects, each in a version of the kind, at another: as many and in the same order. May reuse the objects.
   * Rejects with a StatusError (InternalError) that says what went wrong.
   */
  convert(objects: ReadonlyArray<MutableObject>, apiVersion: string): Promise<ReadonlyArray<MutableObject>>
}
