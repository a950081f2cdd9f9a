/** The order in which documents are applied: what others need goes first, else as written. */

import { arrayAt, textAt } from "../json.ts"
import type { ManifestDocument } from "./document.ts"

/** Namespaces, then CustomResourceDefinitions, then the rest. */
export const inOrder = (documents: ReadonlyArray<ManifestDocument>): ReadonlyArray<ManifestDocument> =>
  [...documents].sort((a, b) => rank(a) - rank(b))

const rank = (document: ManifestDocument): number =>
  isNamespace(document) ? 0 : isDefinition(document) ? 1 : 2

export const isNamespace = ({ object }: ManifestDocument): boolean =>
  object.apiVersion === "v1" && object.kind === "Namespace"

export const isDefinition = ({ object }: ManifestDocument): boolean =>
  object.kind === "CustomResourceDefinition" &&
  textAt(object, "apiVersion").startsWith("apiextensions.k8s.io/")

/** Whether the definition adds the kind of the document. */
export const defines = (definition: ManifestDocument, { object }: ManifestDocument): boolean =>
  isDefinition(definition) &&
  textAt(definition.object, "spec", "names", "kind") === object.kind &&
  arrayAt(definition.object, "spec", "versions").some(
    (version) =>
      `${textAt(definition.object, "spec", "group")}/${textAt(version, "name")}` === object.apiVersion,
  )
