/** Documents applied in one revision or none, by a Transaction of the server (docs/transactions.md). */
import type { JsonObject, Status, StatusCause } from "../../schemas/index.ts"
import { apiVersionOf, type Resource } from "../discovery.ts"
import { CliFailure, StatusFailure } from "../failure.ts"
import { arrayAt, isObject, objectAt, textAt } from "../json.ts"
import { maxAtomicDocuments } from "../limits.ts"
import { collectionPath, withQuery } from "../path.ts"
import type { Applier } from "./applier.ts"
import type { PlannedDocument } from "./plan.ts"
import { ManifestError, type ManifestProblem } from "./problem.ts"
import { refusalProblems } from "./refusal.ts"

export interface AtomicApply {
  readonly resources: ReadonlyArray<Resource>
  /** The set that the documents are; undefined where nothing is pruned. */
  readonly prune: string | undefined
  readonly dryRun: boolean
}

/** What became of one object. */
export interface AtomicOutcome {
  /** As much of the object as tells what it is. */
  readonly object: JsonObject
  readonly outcome: string
}

/** The answered Transaction. Fails with ManifestError and every document that was refused; then nothing was stored. */
export const applyAtomically = async (
  applier: Applier,
  planned: ReadonlyArray<PlannedDocument>,
  { resources, prune, dryRun }: AtomicApply,
): Promise<JsonObject> => {
  const transactions = resources.find(
    (one) => apiVersionOf(one) === "meta.miren.dev/v1alpha1" && one.kind === "Transaction",
  )
  if (transactions === undefined)
    throw new CliFailure("Usage", "--atomic: the server has no Transaction of meta.miren.dev/v1alpha1")
  refuseUnfit(planned)
  const body: JsonObject = {
    apiVersion: apiVersionOf(transactions),
    kind: "Transaction",
    metadata: {},
    spec: {
      fieldManager: applier.fieldManager,
      ...(applier.force ? { force: true } : {}),
      ...(prune === undefined ? {} : { prune }),
      objects: planned.map((one) => placed(applier, one)),
    },
  }
  const query = { fieldValidation: "Strict", ...(dryRun ? { dryRun: "All" } : {}) }
  try {
    const path = withQuery(collectionPath(transactions, ""), query)
    return await applier.api.json({ method: "POST", path, body })
  } catch (error) {
    if (!(error instanceof StatusFailure)) throw error
    const problems = problemsOf(error.status, planned, prune)
    throw problems.length === 0 ? error : new ManifestError(problems)
  }
}

export const outcomesOf = (transaction: JsonObject): ReadonlyArray<AtomicOutcome> =>
  arrayAt(transaction, "status", "objects")
    .filter(isObject)
    .map((one) => ({
      object: {
        apiVersion: textAt(one, "apiVersion"),
        kind: textAt(one, "kind"),
        metadata: { name: textAt(one, "name") },
      },
      outcome: one.terminating === true ? `${textAt(one, "outcome")} (terminating)` : textAt(one, "outcome"),
    }))

const refuseUnfit = (planned: ReadonlyArray<PlannedDocument>): void => {
  if (planned.length > maxAtomicDocuments)
    throw new CliFailure(
      "Manifest",
      `--atomic takes at most ${maxAtomicDocuments} documents at once, and these are ${planned.length}`,
    )
  const unserved = planned.filter(({ resource }) => resource === undefined)
  if (unserved.length > 0)
    throw new ManifestError(
      unserved.map(({ document }) =>
        document.problem("kind", "its CustomResourceDefinition is in the same manifest: apply that first"),
      ),
    )
}

const placed = (applier: Applier, { document, resource }: PlannedDocument): JsonObject => {
  const { object } = document
  const metadata = objectAt(object, "metadata")
  if (resource?.namespaced !== true) return object
  const namespace = textAt(metadata, "namespace") || applier.namespace
  return { ...object, metadata: { ...metadata, namespace } }
}

/** The causes of a refusal at the documents that they are about, and at the option. */
const problemsOf = (
  status: Status,
  planned: ReadonlyArray<PlannedDocument>,
  prune: string | undefined,
): ReadonlyArray<ManifestProblem> =>
  (status.details?.causes ?? []).flatMap((cause) => {
    const { field = "", message } = cause
    const [, index, rest = ""] = /^spec\.objects\[(\d+)\]\.?(.*)$/.exec(field) ?? []
    const document = index === undefined ? undefined : planned[Number(index)]?.document
    if (document !== undefined) return refusalProblems(document, ownRefusal(status, cause, rest))
    return field === "spec.prune" ? [{ file: `--prune=${prune ?? ""}`, message }] : []
  })

/** A cause as the refusal that its object would have met by itself. Its message begins with what the object is called. */
const ownRefusal = (status: Status, cause: StatusCause, field: string): StatusFailure => {
  const message = cause.message.replace(/^\S+ \S+: /, "")
  const reason = cause.reason === "FieldManagerConflict" ? "Conflict" : "Invalid"
  return new StatusFailure({
    ...status,
    reason,
    message,
    details: { causes: field === "" ? [] : [{ reason: cause.reason, message, field }] },
  })
}
