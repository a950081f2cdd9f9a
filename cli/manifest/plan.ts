/** Documents matched with what the server serves: where each would go, before anything is sent. */
import { apiVersionOf, type Resource } from "../discovery.ts"
import { textAt } from "../json.ts"
import type { ManifestDocument } from "./document.ts"
import { defines, inOrder } from "./order.ts"
import { ManifestError, type ManifestProblem } from "./problem.ts"

export interface PlannedDocument {
  readonly document: ManifestDocument
  /** Undefined while the kind is still to be added by a CustomResourceDefinition of the same manifest. */
  readonly resource: Resource | undefined
}

export interface PlanOptions {
  readonly resources: ReadonlyArray<Resource>
  /** The namespace said on the command line: documents may not name another. */
  readonly namespace: string | undefined
}

/** In the order of application. Fails with ManifestError and every document that cannot go anywhere. */
export const planDocuments = (
  documents: ReadonlyArray<ManifestDocument>,
  { resources, namespace }: PlanOptions,
): ReadonlyArray<PlannedDocument> => {
  const problems: ManifestProblem[] = []
  const planned = inOrder(documents).map((document) => {
    const resource = resourceFor(resources, document)
    const own = textAt(document.object, "metadata", "namespace")
    if (resource === undefined && !documents.some((other) => defines(other, document)))
      problems.push(unknownKind(resources, document))
    else if (namespace !== undefined && own !== "" && own !== namespace && resource?.namespaced !== false)
      problems.push(
        document.problem(
          "metadata.namespace",
          `is ${JSON.stringify(own)}, and the option -n says ${namespace}`,
        ),
      )
    return { document, resource }
  })
  if (problems.length > 0) throw new ManifestError(problems)
  return planned
}

export const resourceFor = (
  resources: ReadonlyArray<Resource>,
  { object }: ManifestDocument,
): Resource | undefined =>
  resources.find((resource) => apiVersionOf(resource) === object.apiVersion && resource.kind === object.kind)

const unknownKind = (resources: ReadonlyArray<Resource>, document: ManifestDocument): ManifestProblem => {
  const { apiVersion, kind } = document.object
  const kinds = resources
    .filter((resource) => apiVersionOf(resource) === apiVersion)
    .map((resource) => resource.kind)
  if (kinds.length > 0)
    return document.problem(
      "kind",
      `${apiVersion} has no kind ${JSON.stringify(kind)}; its kinds are ${kinds.join(", ")}`,
    )
  const elsewhere = resources.filter((resource) => resource.kind === kind).map(apiVersionOf)
  const hint = elsewhere.length === 0 ? "" : `; ${String(kind)} is in ${elsewhere.join(", ")}`
  return document.problem("apiVersion", `the server does not serve ${JSON.stringify(apiVersion)}${hint}`)
}
