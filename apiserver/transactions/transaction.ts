/**
 * A server-side apply of up to 100 objects in one revision of the store, or none of them, with prune.
 *
 * Nothing of an apply is done here. Each object is the request that it would be by itself (`part.ts`), authorized as that,
 * and goes through the very verb of the registry (`writesOf(...).patch`, `.deleteObject`): ownership, namespace lifecycle,
 * admission, defaults, validation, facades. The one difference is the `ObjectWriter` of its context: instead of writing to
 * the store it keeps what it was told (`gathering-writer.ts`). What all of them decided on (`round.ts`) becomes one
 * conditional transaction of the store (`commit.ts`); an object that stays as it is becomes a condition, so that at the
 * revision answered every object is as it was applied. Where another writer was faster at any key, all of it is computed
 * anew.
 *
 * What one object's admission reads of the others is the state before, but for Namespaces: what is in a Namespace of the
 * same transaction sees it as it will be (`Call.namespaces`).
 */
import { isStoreError, type UnmetCondition } from "../../store/index.ts"
import { registrationIds } from "../admission/registrations.ts"
import type { Authorizer } from "../authorizer.ts"
import { crdId } from "../crd/definition.ts"
import type { MutableObject } from "../machinery.ts"
import type { Operation } from "../registry/context.ts"
import type { SubresourceCreates } from "../registry/subresource-create.ts"
import { staleObject } from "../status-error.ts"
import { commit } from "./commit.ts"
import { transactionLimits } from "./limits.ts"
import { codeOf, type Outcome, statusOf } from "./outcome.ts"
import type { Problem } from "./problem.ts"
import { refusalOf } from "./refusal.ts"
import { type Asked, readTransaction } from "./request.ts"
import { decide } from "./round.ts"
import type { TransactionMetrics } from "./transaction-metrics.ts"

export const transactionsId = "meta.miren.dev/transactions"

export interface TransactionOptions {
  readonly authorizer: Authorizer
  readonly metrics: TransactionMetrics
}

/** What a POST of a Transaction answers. */
export const transactionCreates = (options: TransactionOptions): SubresourceCreates => ({
  [`${transactionsId}/`]: {
    kind: { group: "meta.miren.dev", version: "v1alpha1", kind: "Transaction" },
    answer: (operation) => answerTransaction(operation, options),
  },
})

/** Fails with one Status that names every object that was refused, and as the store does; then nothing was written. */
const answerTransaction = async (
  operation: Operation,
  { authorizer, metrics }: TransactionOptions,
): Promise<MutableObject> => {
  const asked = await readTransaction(operation)
  let decided = await decide(operation, asked, authorizer)
  for (let attempt = 1; ; attempt++) {
    const { outcomes, problems } = decided
    if (problems.length > 0) {
      metrics.observe("refused", problems.length)
      await auditRefusals(problems)
      throw refusalOf(problems, asked.objects.length)
    }
    try {
      const revision = asked.dryRun ? undefined : await make(operation, outcomes)
      for (const { type } of asked.dryRun ? [] : outcomes) metrics.observe(type)
      return await answerOf(operation, asked, { outcomes, revision })
    } catch (error) {
      if (!isStoreError(error, "ConditionsUnmet")) throw error
      metrics.retried()
      const lost = new Set(error.unmet.map(({ key }) => key))
      if (attempt >= transactionLimits.attemptsMax)
        throw refusalOf(contended(outcomes, lost), asked.objects.length)
      await reachConflicts(operation, error.unmet)
      decided = await decided.again(lost)
    }
  }
}

/** Waits until the cache shows what others have written. */
const reachConflicts = async (
  { context: { cache } }: Operation,
  unmet: ReadonlyArray<UnmetCondition>,
): Promise<void> => {
  let newest = 0n
  for (const { modRevision } of unmet) {
    if (modRevision === undefined) {
      // Of a deletion the revision is not told.
      await cache.fresh()
      return
    }
    if (modRevision > newest) newest = modRevision
  }
  await cache.reach(newest)
}

/** Writes what was decided, and says at which revision. What configures the server itself is in force then. */
const make = async ({ context }: Operation, outcomes: ReadonlyArray<Outcome>): Promise<bigint> => {
  const revision = await commit(
    context,
    outcomes.flatMap(({ write }) => (write === undefined ? [] : [write])),
  )
  const configures = outcomes.some(({ part, type }) => {
    const { id } = part.manifest.target.resource
    return type !== "unchanged" && (id === crdId || registrationIds.has(id))
  })
  if (configures) await context.cache.reach(revision)
  return revision
}

const answerOf = async (
  { call }: Operation,
  { question }: Asked,
  {
    outcomes,
    revision,
  }: { readonly outcomes: ReadonlyArray<Outcome>; readonly revision: bigint | undefined },
): Promise<MutableObject> => {
  for (const outcome of outcomes) {
    const { manifest, operation } = outcome.part
    call.warnings.push(...operation.call.warnings.map((text) => `${manifest.title}: ${text}`))
    await audit(operation, codeOf(outcome))
  }
  const inOrder = outcomes.toSorted((a, b) => a.part.manifest.index - b.part.manifest.index)
  return {
    ...question,
    status: {
      ...(revision === undefined ? {} : { resourceVersion: String(revision) }),
      objects: inOrder.map((outcome) => statusOf(outcome, revision)),
    },
  }
}

const auditRefusals = async (problems: ReadonlyArray<Problem>): Promise<void> => {
  for (const { operation, status } of problems)
    if (operation !== undefined) await audit(operation, status.status.code)
}

const audit = async ({ call }: Operation, code: number): Promise<void> => {
  await call.audit?.({ request: call.request, info: call.info, code })
}

/** The objects at which other writers were faster every time. */
const contended = (outcomes: ReadonlyArray<Outcome>, lost: ReadonlySet<string>): ReadonlyArray<Problem> =>
  outcomes
    .filter(({ write }) => write !== undefined && lost.has(write.key))
    .map(({ part: { manifest, operation } }) => {
      const { at, title, target } = manifest
      const status = staleObject(target.resource.subject(target.name))
      return { at, object: title, status, operation }
    })
