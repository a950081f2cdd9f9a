/**
 * Tells API servers of webhooks, by server-side apply: one ValidatingWebhookConfiguration and one MutatingWebhookConfiguration of
 * the name, and `spec.conversion` of the definitions of kinds that are converted. Applied again and again: what others changed of
 * it is set right, and what is right already is no write.
 */
import { Effect } from "effect"
import { type ApiError, type ApplyConfiguration, Client } from "../../client/index.ts"
import {
  CustomResourceDefinition,
  type Kind,
  type KubeObject,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "../../schemas/index.ts"
import { ruleOf, type Webhook } from "./webhooks.ts"

/** Where servers reach the webhooks. */
export type Address =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port?: number } }

export interface Registration {
  readonly name: string
  readonly address: Address
  /** PEM. */
  readonly bundle: string
}

const clientConfig = ({ address, bundle }: Registration, path: string) => ({
  caBundle: Buffer.from(bundle, "utf8").toString("base64"),
  ...("url" in address
    ? { url: `${address.url.replace(/\/+$/, "")}${path}` }
    : { service: { port: 443, ...address.service, path } }),
})

/** Servers want a name of three parts at least. */
const nameOf = ({ type, kind, options }: Webhook, configuration: string): string =>
  [options.subresource, kind.plural, kind.group === "" ? "core" : kind.group, type, configuration]
    .filter((part) => part !== undefined)
    .join(".")

const admission = (webhook: Webhook, registration: Registration) => {
  const { operations: _operations, subresource: _subresource, ...options } = webhook.options
  return {
    name: nameOf(webhook, registration.name),
    clientConfig: clientConfig(registration, webhook.path),
    rules: [ruleOf(webhook)],
    sideEffects: "None" as const,
    admissionReviewVersions: ["v1"],
    ...options,
  }
}

const applied = <T extends KubeObject>(
  kind: Kind<T>,
  object: ApplyConfiguration<T>,
  fieldManager: string,
): Effect.Effect<unknown, ApiError, Client> =>
  Effect.flatMap(Client, (client) => client.apply(kind, object, { fieldManager, force: true }))

export const register = (
  webhooks: ReadonlyArray<Webhook>,
  registration: Registration,
): Effect.Effect<void, ApiError, Client> => {
  const { name } = registration
  const of = (type: Webhook["type"]) => webhooks.filter((webhook) => webhook.type === type)
  const configuration = (kind: string, type: "validating" | "mutating") => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind,
    metadata: { name },
    webhooks: of(type).map((webhook) => admission(webhook, registration)),
  })
  const configurations = [
    ...(of("validating").length === 0
      ? []
      : [
          applied(
            ValidatingWebhookConfiguration,
            configuration("ValidatingWebhookConfiguration", "validating"),
            name,
          ),
        ]),
    ...(of("mutating").length === 0
      ? []
      : [
          applied(
            MutatingWebhookConfiguration,
            configuration("MutatingWebhookConfiguration", "mutating"),
            name,
          ),
        ]),
    ...of("conversion").map(({ kind, path }) =>
      applied(
        CustomResourceDefinition,
        {
          apiVersion: "apiextensions.k8s.io/v1",
          kind: "CustomResourceDefinition",
          metadata: { name: `${kind.plural}.${kind.group}` },
          spec: {
            conversion: {
              strategy: "Webhook",
              webhook: { conversionReviewVersions: ["v1"], clientConfig: clientConfig(registration, path) },
            },
          },
        },
        name,
      ),
    ),
  ]
  return Effect.all(configurations, { discard: true })
}
