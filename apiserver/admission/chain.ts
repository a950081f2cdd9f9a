/**
 * Admission, in order: the namespace's life, mutating webhooks; then, once the object is valid, policies and validating
 * webhooks. A request to a kind that nothing is registered for passes after one look-up.
 */
import type { Ambient } from "../ambient.ts"
import type { Authorizer } from "../authorizer.ts"
import type { AdmissionRequest, RegistryContext } from "../registry/context.ts"
import type { CacheEvent } from "../watch-cache/event-window.ts"
import { AdmissionMetrics, type Controller } from "./admission-metrics.ts"
import { Attributes } from "./attributes.ts"
import { mutate } from "./mutation.ts"
import { checkPolicies } from "./policy-check.ts"
import { Registrations, type Route } from "./registrations.ts"
import { type MatchedWebhook, WebhookCaller } from "./webhook-caller.ts"
import type { WebhookClient } from "./webhook-client.ts"

export interface AdmissionChainOptions {
  readonly context: RegistryContext
  readonly client: WebhookClient
  readonly ambient: Ambient
  readonly authorizer: Authorizer
  readonly onFault: (message: string, cause: unknown) => void
}

export class AdmissionChain {
  readonly #context: RegistryContext
  readonly #registrations: Registrations
  readonly #caller: WebhookCaller
  readonly #authorizer: Authorizer
  readonly #ambient: Ambient
  readonly metrics = new AdmissionMetrics()

  constructor({ context, client, ambient, authorizer, onFault }: AdmissionChainOptions) {
    this.#ambient = ambient
    this.#context = context
    this.#authorizer = authorizer
    this.#registrations = new Registrations(context)
    this.#caller = new WebhookCaller({
      client,
      ambient,
      authorizer,
      metrics: this.metrics,
      onIgnored: ({ name }, cause) =>
        onFault(`the webhook ${name} could not be called, and is passed over`, cause),
    })
  }

  /** Everything has been read anew. */
  loaded(): void {
    this.#registrations.loaded()
  }

  /** An object of a kind that admission is configured with was written, or is gone. */
  changed(id: string, event: CacheEvent): void {
    this.#registrations.changed(id, event)
  }

  #route({ operation, target }: AdmissionRequest): Route {
    const { resource, version, subresource } = target
    return this.#registrations.route({ operation, resource, version: version.name, subresource })
  }

  /** Before validation: whether the object has become another. Rejects with the refusal. */
  async mutate(request: AdmissionRequest): Promise<boolean> {
    const { mutating } = this.#route(request)
    if (mutating.length === 0) return false
    const attributes = await this.#attributes(request)
    return this.#measured("MutatingAdmissionWebhook", request, () =>
      mutate(this.#caller, mutating, attributes),
    )
  }

  /** Of a valid object. Rejects with the refusal. */
  async validate(request: AdmissionRequest): Promise<void> {
    const { policies, validating } = this.#route(request)
    if (policies.length === 0 && validating.length === 0) return
    const attributes = await this.#attributes(request)
    if (policies.length > 0) {
      const options = { context: this.#context, authorizer: this.#authorizer }
      await this.#measured("ValidatingAdmissionPolicy", request, () =>
        checkPolicies(options, policies, attributes),
      )
    }
    if (validating.length > 0) {
      await this.#measured("ValidatingAdmissionWebhook", request, () => this.#askAll(validating, attributes))
    }
  }

  async #measured<A>(name: Controller, { operation }: AdmissionRequest, run: () => Promise<A>): Promise<A> {
    const started = this.#ambient.now()
    const done = (rejected: boolean): void => {
      this.metrics.controller(name, operation, { seconds: (this.#ambient.now() - started) / 1000, rejected })
    }
    try {
      const result = await run()
      done(false)
      return result
    } catch (error) {
      done(true)
      throw error
    }
  }

  /** Of a namespace that another server has just made the labels are waited for. */
  async #attributes(request: AdmissionRequest): Promise<Attributes> {
    const attributes = new Attributes(this.#context, request)
    if (!attributes.knowsNamespace) await this.#context.cache.fresh()
    return attributes
  }

  /** All at once; the first refusal in the order of configurations is told. */
  async #askAll(webhooks: ReadonlyArray<MatchedWebhook>, attributes: Attributes): Promise<void> {
    const outcomes = await Promise.allSettled(
      webhooks.map((webhook) => this.#caller.ask(webhook, attributes, false)),
    )
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason
  }
}
