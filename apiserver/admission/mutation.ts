/**
 * Mutating webhooks, one after the other, each seeing what those before it made of the object. Those that ask for it are
 * called once more when a later one has changed the object. Source: admission/plugin/webhook/mutating/dispatcher.
 */
import { equal } from "../json/index.ts"
import { MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import { applyJsonPatch } from "../patch/index.ts"
import type { Attributes } from "./attributes.ts"
import { badPatch } from "./refusal.ts"
import type { MatchedWebhook, WebhookCaller } from "./webhook-caller.ts"

const patched = (webhook: string, object: MutableObject, patch: MutableJson): MutableObject => {
  let next: MutableObject
  try {
    next = applyJsonPatch(object, patch)
  } catch (error) {
    if (!(error instanceof MachineryError)) throw error
    throw badPatch(webhook, `returned a patch that cannot be applied: ${error.message}`, error)
  }
  if (next.apiVersion !== object.apiVersion || next.kind !== object.kind)
    throw badPatch(webhook, "attempted to change apiVersion or kind")
  return next
}

/** Asks one webhook and does what it says. True when the object is another then. */
const mutateOnce = async (
  caller: WebhookCaller,
  matched: MatchedWebhook,
  attributes: Attributes,
): Promise<boolean> => {
  const { name } = matched.webhook
  const answer = await caller.ask(matched, attributes, true)
  const patch = answer?.patch
  if (patch === undefined || (Array.isArray(patch) && patch.length === 0)) return false
  const { version } = matched.match
  const { object } = await attributes.in(version)
  if (object === undefined)
    throw badPatch(name, "attempted to modify the object, which is not supported for this operation")
  const next = patched(name, object, patch)
  if (equal(next, object)) return false
  await attributes.replace(next, version)
  return !equal((await attributes.in(version)).object, object)
}

/** Changes the object of the request, and says whether it did. Rejects with the first refusal. */
export const mutate = async (
  caller: WebhookCaller,
  webhooks: ReadonlyArray<MatchedWebhook>,
  attributes: Attributes,
): Promise<boolean> => {
  let changed = false
  const seen = new Set<MatchedWebhook>()
  const again = new Set<MatchedWebhook>()
  for (const matched of webhooks) {
    if (await mutateOnce(caller, matched, attributes)) {
      changed = true
      for (const earlier of seen) again.add(earlier)
    }
    if (matched.webhook.reinvokes) seen.add(matched)
  }
  for (const matched of webhooks) {
    if (again.has(matched) && (await mutateOnce(caller, matched, attributes))) changed = true
  }
  return changed
}
