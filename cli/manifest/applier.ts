/** Server-side apply of planned documents: all as a dry run first, then for good, one after the other. */
import { setTimeout as delay } from "node:timers/promises"
import type { JsonObject } from "../../schemas/index.ts"
import type { Api } from "../api.ts"
import { discover, type Resource } from "../discovery.ts"
import { CliFailure, isReason, StatusFailure } from "../failure.ts"
import { arrayAt, objectAt, textAt } from "../json.ts"
import { dryRunsAtOnce, establishTimeoutMs, pollMs } from "../limits.ts"
import { objectPath, withQuery } from "../path.ts"
import type { ManifestDocument } from "./document.ts"
import { isDefinition, isNamespace } from "./order.ts"
import { type PlannedDocument, resourceFor } from "./plan.ts"
import { ManifestError, type ManifestProblem } from "./problem.ts"
import { refusalProblems } from "./refusal.ts"

export interface Applier {
  readonly api: Api
  /** For documents that name none. */
  readonly namespace: string
  readonly fieldManager: string
  readonly force: boolean
}

interface Sent {
  readonly applier: Applier
  readonly resource: Resource
  readonly document: ManifestDocument
}

/** Dry-runs whatever is served already. Fails with ManifestError and all that the server refuses; nothing is stored. */
export const checkDocuments = async (
  applier: Applier,
  planned: ReadonlyArray<PlannedDocument>,
): Promise<ReadonlyArray<JsonObject>> => {
  const namespaces = planned
    .filter(({ document }) => isNamespace(document))
    .map(({ document }) => textAt(document.object, "metadata", "name"))
  const queue = planned.flatMap(({ document, resource }, index) =>
    resource === undefined ? [] : [{ document, resource, index }],
  )
  const objects: JsonObject[] = []
  const problems: ManifestProblem[][] = planned.map(() => [])
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { index, ...target } = next
      try {
        objects[index] = await dryRun({ applier, ...target }, namespaces)
      } catch (error) {
        if (!(error instanceof StatusFailure)) throw error
        problems[index]?.push(...refusalProblems(next.document, error))
      }
    }
  }
  await Promise.all(Array.from({ length: dryRunsAtOnce }, worker))
  if (problems.some((some) => some.length > 0)) throw new ManifestError(problems.flat())
  return objects.filter((object) => object !== undefined)
}

/** A namespace of the same manifest is not there yet: what it will hold is then checked as if for `default`. */
const dryRun = async (sent: Sent, namespaces: ReadonlyArray<string>): Promise<JsonObject> => {
  try {
    return await patch(sent, { dryRun: "All" })
  } catch (error) {
    const own = namespaceFor(sent)
    if (!isReason(error, "NotFound", "Forbidden") || !namespaces.includes(own) || own === "default")
      throw error
    const metadata = { ...objectAt(sent.document.object, "metadata"), namespace: "default" }
    const moved: Sent = {
      ...sent,
      document: { ...sent.document, object: { ...sent.document.object, metadata } },
    }
    const object = await patch(moved, { dryRun: "All" })
    return { ...object, metadata: { ...objectAt(object, "metadata"), namespace: own } }
  }
}

/** Applies for good, in order; `onApplied` is told of each. Fails with ManifestError at the first refusal. */
export const applyDocuments = async (
  applier: Applier,
  planned: ReadonlyArray<PlannedDocument>,
  onApplied: (object: JsonObject) => void,
): Promise<ReadonlyArray<JsonObject>> => {
  const objects: JsonObject[] = []
  const awaited: ManifestDocument[] = []
  for (const { document, resource } of planned) {
    const target = resource ?? (await servedResource(applier, document, awaited))
    try {
      const object = await patch({ applier, resource: target, document }, {})
      onApplied(object)
      objects.push(object)
    } catch (error) {
      if (error instanceof StatusFailure) throw new ManifestError(refusalProblems(document, error))
      throw error
    }
    if (isDefinition(document)) awaited.push(document)
  }
  return objects
}

const namespaceFor = ({ applier, resource, document }: Sent): string =>
  resource.namespaced ? textAt(document.object, "metadata", "namespace") || applier.namespace : ""

const patch = (sent: Sent, query: { readonly dryRun?: "All" }): Promise<JsonObject> => {
  const { applier, resource, document } = sent
  const namespace = namespaceFor(sent)
  const metadata = objectAt(document.object, "metadata")
  const path = objectPath(resource, namespace, textAt(metadata, "name"))
  return applier.api.json({
    method: "PATCH",
    path: withQuery(path, {
      fieldManager: applier.fieldManager,
      fieldValidation: "Strict",
      force: applier.force,
      ...query,
    }),
    body: namespace === "" ? document.object : { ...document.object, metadata: { ...metadata, namespace } },
    contentType: "application/apply-patch+yaml",
  })
}

/** Waits until the definitions applied so far are Established and the document's kind is served. */
const servedResource = async (
  { api }: Applier,
  document: ManifestDocument,
  definitions: ReadonlyArray<ManifestDocument>,
): Promise<Resource> => {
  const deadline = performance.now() + establishTimeoutMs
  for (;;) {
    const resource = resourceFor(await discover(api), document)
    if (resource !== undefined) return resource
    for (const definition of definitions) await refuseUnlessNamesAccepted(api, definition)
    if (performance.now() > deadline)
      throw new CliFailure(
        "Timeout",
        `${String(document.object.kind)}: its definition is not Established after ${establishTimeoutMs / 1000} s`,
      )
    await delay(pollMs)
  }
}

/** A definition whose names are taken will never be served: waiting would not help. */
const refuseUnlessNamesAccepted = async (api: Api, definition: ManifestDocument): Promise<void> => {
  const name = textAt(definition.object, "metadata", "name")
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${encodeURIComponent(name)}`
  const conditions = arrayAt(await api.json({ path }), "status", "conditions")
  const refused = conditions.find(
    (one) => textAt(one, "type") === "NamesAccepted" && textAt(one, "status") === "False",
  )
  if (refused !== undefined)
    throw new ManifestError([definition.problem("spec.names", textAt(refused, "message"))])
}
