/**
 * Webhooks served over HTTPS in a Scope, with certificates of an authority of their own that is renewed in time, and told to API
 * servers. Start with {@link serveWebhooks}.
 *
 * When the Scope closes, the configurations stay: a webhook that is away is a matter of its `failurePolicy`, not of whether this
 * process runs. The user of the client needs the right to patch them, and the Secret where one is named.
 */
import { Effect, type Scope } from "effect"
import { type ApiError, Client, type ObjectKey } from "../../client/index.ts"
import { keepAuthority } from "./authority-secret.ts"
import { bundleOf } from "./certificates.ts"
import { checkInterval } from "./limits.ts"
import { type Address, register } from "./register.ts"
import { startReviewServer } from "./review-server.ts"
import type { Webhook } from "./webhooks.ts"

export interface WebhookOptions {
  /** Of the configurations, and the field manager: a domain name of the operator's, `fleets.example.com`. */
  readonly name: string
  readonly webhooks: ReadonlyArray<Webhook>
  /** Absent or 0: any free one. */
  readonly port?: number
  /** The address to listen on. Absent: 127.0.0.1. */
  readonly host?: string
  /** Where API servers reach this process. Absent: at the address it listens on. */
  readonly url?: string
  /** The same by a Service of a cluster. */
  readonly service?: { readonly namespace: string; readonly name: string; readonly port?: number }
  /** A Secret that keeps the authority: needed where replicas serve the same webhooks. Absent: each start makes a new one. */
  readonly secret?: ObjectKey
}

export interface ServedWebhooks {
  readonly url: string
  /** PEM of the authorities that servers trust now. */
  readonly bundle: () => string
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host)

const addressOf = (options: WebhookOptions, bound: string): Address => {
  if (options.service !== undefined) return { service: options.service }
  return { url: options.url ?? bound }
}

/** Under which names servers will ask. */
const hostsOf = (address: Address): ReadonlyArray<string> => {
  if ("url" in address) return [new URL(address.url).hostname.replace(/^\[(.*)\]$/, "$1")]
  const { namespace, name } = address.service
  return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`]
}

const duplicate = (webhooks: ReadonlyArray<Webhook>): Webhook | undefined =>
  webhooks.find((webhook, index) => webhooks.findIndex(({ path }) => path === webhook.path) !== index)

/** Serves, and is known to the API server when it returns. Fails where the API server refuses the configurations. */
export const serveWebhooks = Effect.fnUntraced(function* (
  options: WebhookOptions,
): Effect.fn.Return<ServedWebhooks, ApiError, Client | Scope.Scope> {
  const { name, webhooks, host = "127.0.0.1", port = 0, secret } = options
  const twice = duplicate(webhooks)
  if (twice !== undefined) return yield* Effect.die(new Error(`two webhooks are served at ${twice.path}`))
  const client = yield* Client
  const server = yield* startReviewServer({ webhooks, host, port })
  const bound = `https://${bracketed(host)}:${server.port}`
  const address = addressOf(options, bound)
  const authority = yield* keepAuthority({ name, hosts: hostsOf(address), secret })
  let bundle = ""
  const check = Effect.gen(function* () {
    const kept = yield* authority
    bundle = bundleOf(kept)
    server.serve(kept.serving)
    yield* register(webhooks, { name, address, bundle })
  }).pipe(Effect.provideService(Client, client))
  yield* check
  const again = Effect.catch(check, (error) =>
    Effect.logWarning("the webhooks' configuration could not be applied", error.message),
  )
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(checkInterval), again)))
  return { url: bound, bundle: () => bundle }
})
