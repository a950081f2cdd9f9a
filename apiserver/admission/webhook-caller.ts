/** One webhook asked about one request: whether it applies, the call, and the checked answer. */
import type { Ambient } from "../ambient.ts"
import type { Authorizer } from "../authorizer.ts"
import type { AdmissionMetrics } from "./admission-metrics.ts"
import type { Attributes, VersionedObjects } from "./attributes.ts"
import { annotateAudit } from "./audit-annotations.ts"
import { requestBindings } from "./bindings.ts"
import { type ConstraintMatch, matchObject } from "./constraint.ts"
import { callFailed, conditionFailed, denied, dryRunUnsupported } from "./refusal.ts"
import { type Answer, answerOf, reviewOf } from "./review.ts"
import type { Webhook } from "./webhook.ts"
import { WebhookCallError, type WebhookClient } from "./webhook-client.ts"

/** A webhook that is about a kind of request. */
export interface MatchedWebhook {
  readonly webhook: Webhook
  readonly match: ConstraintMatch
}

export interface WebhookCallerOptions {
  readonly client: WebhookClient
  readonly ambient: Ambient
  readonly authorizer: Authorizer
  readonly metrics: AdmissionMetrics
  /** An unanswered question that was passed over. */
  readonly onIgnored: (webhook: Webhook, cause: Error) => void
}

/** The HTTP status of a denial. */
const codeOf = ({ status }: Answer): number => (typeof status?.code === "number" ? status.code : 403)

const harmless: ReadonlySet<string> = new Set(["None", "NoneOnDryRun"])

export class WebhookCaller {
  readonly #options: WebhookCallerOptions

  constructor(options: WebhookCallerOptions) {
    this.#options = options
  }

  /**
   * The answer that allows; undefined when the webhook is not about this request, or is passed over. Rejects with the
   * refusal.
   */
  async ask(
    { webhook, match }: MatchedWebhook,
    attributes: Attributes,
    mutating: boolean,
  ): Promise<Answer | undefined> {
    if (!matchObject(webhook.constraint, match, attributes)) return undefined
    const objects = await attributes.in(match.version)
    if (!this.#conditionsHold(webhook, attributes, objects)) return undefined
    const { request } = attributes
    if (request.dryRun && !harmless.has(webhook.sideEffects)) throw dryRunUnsupported(webhook.name)
    const answer = await this.#answer(webhook, { attributes, objects, mutating })
    if (answer === undefined) return undefined
    for (const [key, value] of Object.entries(answer.auditAnnotations)) {
      if (typeof value === "string") annotateAudit(request.call.request, `${webhook.name}/${key}`, value)
    }
    request.call.warnings.push(...answer.warnings)
    if (answer.allowed) return answer
    const refusal = denied(webhook.name, answer.status, attributes)
    const asked = { name: webhook.name, operation: request.operation, mutating }
    this.#options.metrics.rejection(asked, { cause: "no_error", code: refusal.status.code ?? 0 })
    throw refusal
  }

  #conditionsHold(webhook: Webhook, attributes: Attributes, objects: VersionedObjects): boolean {
    const { authorizer } = this.#options
    const outcome = webhook.conditions.hold(() => requestBindings(authorizer, attributes, objects))
    if (typeof outcome === "boolean") return outcome
    if (webhook.failurePolicy === "Ignore") return false
    throw conditionFailed(attributes, outcome.error)
  }

  async #answer(
    webhook: Webhook,
    asked: {
      readonly attributes: Attributes
      readonly objects: VersionedObjects
      readonly mutating: boolean
    },
  ): Promise<Answer | undefined> {
    const { ambient, metrics } = this.#options
    const uid = ambient.uuid()
    const { attributes, objects, mutating } = asked
    const measured = { name: webhook.name, operation: attributes.request.operation, mutating }
    const started = ambient.now()
    const took = (): number => (ambient.now() - started) / 1000
    try {
      if (webhook.client === undefined) throw new WebhookCallError("the clientConfig is not usable")
      const review = await this.#options.client.call({
        client: webhook.client,
        document: reviewOf(attributes, objects, uid),
        timeoutSeconds: webhook.timeoutSeconds,
        signal: attributes.request.call.request.signal,
      })
      const answer = answerOf(review, uid, mutating)
      const code = answer.allowed ? 200 : codeOf(answer)
      metrics.webhook(measured, { seconds: took(), rejected: !answer.allowed, code })
      return answer
    } catch (error) {
      if (!(error instanceof WebhookCallError)) throw error
      const refuses = webhook.failurePolicy === "Fail"
      metrics.webhook(measured, { seconds: took(), rejected: refuses, code: 600 })
      if (refuses) {
        metrics.rejection(measured, { cause: "calling_webhook_error", code: 0 })
        throw callFailed(webhook.name, error)
      }
      metrics.failedOpen(measured)
      this.#options.onIgnored(webhook, error)
      const key = `failed-open.${mutating ? "mutating" : "validating"}.webhook.admission.k8s.io/${webhook.configuration}`
      annotateAudit(attributes.request.call.request, key, webhook.name)
      return undefined
    }
  }
}
