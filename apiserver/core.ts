/** The server's parts, put together: plain TypeScript from here down. */

import { AccessControl } from "./access-control.ts"
import { AdmissionChain } from "./admission/chain.ts"
import { registrationIds } from "./admission/registrations.ts"
import { cachedServiceResolver } from "./admission/service-resolver.ts"
import { admissionStrategies } from "./admission/strategies.ts"
import { WebhookClient } from "./admission/webhook-client.ts"
import type { Ambient } from "./ambient.ts"
import { fieldManager } from "./apply/index.ts"
import { Auditor } from "./audit/index.ts"
import type { Authenticator } from "./authenticator.ts"
import { builtInResources } from "./built-in-resources.ts"
import { documentOf } from "./causes/cause.ts"
import { causeReviewCreates } from "./causes/cause-review.ts"
import { DeletionCauses } from "./causes/deletions.ts"
import { ConnectHandler, type Upgrade } from "./connect/connect-handler.ts"
import { crdId } from "./crd/definition.ts"
import { CrdManager } from "./crd/manager.ts"
import { crdStrategy } from "./crd/strategy.ts"
import { DiscoveryHandler } from "./discovery/discovery-handler.ts"
import { OpenapiHandler } from "./discovery/openapi-handler.ts"
import type { ApiRequest, ResponseSink } from "./exchange.ts"
import { FlowControl } from "./flow-control/index.ts"
import { HealthHandler } from "./health.ts"
import { Metrics } from "./metrics.ts"
import { podCreates } from "./pods/eviction.ts"
import { MetricsHandler } from "./pods/metrics-handler.ts"
import type { AdmissionRequest, RegistryContext } from "./registry/context.ts"
import { ensureNamespaces } from "./registry/first-namespaces.ts"
import { admitByNamespace } from "./registry/namespace-lifecycle.ts"
import { storeWriter } from "./registry/object-writer.ts"
import { type Fault, RequestHandler } from "./request-handler.ts"
import { ResourceHandler } from "./resource-handler.ts"
import { ResourceTable } from "./resource-table.ts"
import { isCounted, subjectOf } from "./served-request.ts"
import type { ApiServerOptions } from "./server-options.ts"
import type { Strategy } from "./strategy.ts"
import { TransactionMetrics, transactionCreates } from "./transactions/index.ts"
import { turnsOf } from "./turns.ts"
import { versionHandler } from "./version.ts"
import { WatchCache } from "./watch-cache/watch-cache.ts"
import { sendText } from "./wire/response.ts"

export interface CoreOptions extends ApiServerOptions {
  readonly ambient: Ambient
  readonly onFault: Fault
}

export interface Core {
  readonly start: () => Promise<void>
  readonly handle: (request: ApiRequest, sink: ResponseSink) => Promise<void>
  readonly upgrade: (request: ApiRequest, upgrade: Upgrade) => Promise<void>
  readonly authenticators: ReadonlyArray<Authenticator>
  readonly healthy: () => boolean
  readonly close: () => void
}

const secretsPrefix = "/registry/core/secrets/"

const plain = (_key: string, value: Uint8Array): Uint8Array => value

/** Only Secrets are sealed. */
const onlySecrets =
  (transform: (key: string, value: Uint8Array) => Uint8Array) =>
  (key: string, value: Uint8Array): Uint8Array =>
    key.startsWith(secretsPrefix) ? transform(key, value) : value

/** What the registry reads: the document in clear, without the cause that is kept with it. */
const opening =
  ({ decryptValue = plain }: CoreOptions) =>
  (key: string, value: Uint8Array): Uint8Array =>
    documentOf(onlySecrets(decryptValue)(key, value))

interface Gates {
  /** Refuses what the writer may not write. */
  readonly permit: (request: AdmissionRequest) => Promise<void>
  readonly chain: () => AdmissionChain | undefined
  readonly deletions: DeletionCauses | undefined
}

const contextOf = (
  options: CoreOptions,
  { cache, resources }: Pick<RegistryContext, "cache" | "resources">,
  { permit, chain, deletions }: Gates,
): RegistryContext => {
  const { store } = options
  const seal = onlySecrets(options.encryptValue ?? plain)
  const context: RegistryContext = {
    store,
    writer: storeWriter({ store, cache, seal, deletions }),
    cache,
    resources,
    ambient: options.ambient,
    fields: fieldManager,
    seal,
    open: opening(options),
    admit: async (request) => {
      await admitByNamespace(context, request)
      await permit(request)
      // What webhooks have made of it must be permitted too.
      if ((await chain()?.mutate(request)) === true) await permit(request)
    },
    admitValid: async (request) => chain()?.validate(request),
  }
  return context
}

/** Fails when a built-in definition cannot be served. */
export const assemble = (options: CoreOptions): Core => {
  const { ambient, onFault } = options
  const resources = new ResourceTable()
  const metrics = new Metrics()
  let manager: CrdManager | undefined
  let access: AccessControl | undefined
  let flows: FlowControl | undefined
  let chain: AdmissionChain | undefined
  const cache = new WatchCache({
    store: options.store,
    ambient,
    open: opening(options),
    onEvent: (resource, event) => {
      access?.changed(resource, event)
      flows?.changed(resource)
      if (registrationIds.has(resource.id)) chain?.changed(resource.id, event)
      if (resource.id !== crdId) {
        if (event.type === "DELETED") manager?.emptied(resource)
      } else if (event.type === "DELETED") manager?.removed(event.object.name)
      else manager?.changed(event.object)
    },
    onLoaded: () => {
      access?.loaded()
      flows?.loaded()
      manager?.loaded()
      chain?.loaded()
    },
    onFault,
  })
  const { store, keepDeletionCausesMs } = options
  const deletions =
    keepDeletionCausesMs === undefined
      ? undefined
      : new DeletionCauses({ store, ambient, keepMs: keepDeletionCausesMs })
  const context = contextOf(
    options,
    { cache, resources },
    { permit: async (request) => access?.admit(request), chain: () => chain, deletions },
  )
  const started = new AccessControl({ server: options, context, onFault })
  access = started
  const client = new WebhookClient(ambient, options.resolveService ?? cachedServiceResolver(context))
  chain = new AdmissionChain({ context, client, ambient, authorizer: started.authorizer, onFault })
  const { seats } = options
  const fairness = new FlowControl({ context, onFault, ...(seats === undefined ? {} : { seats }) })
  flows = fairness
  const strategies = { ...started.strategies, ...admissionStrategies(resources) }
  const strategyOf = (id: string): Strategy | undefined => {
    if (id === crdId) return crdStrategy(resources)
    return Object.hasOwn(strategies, id) ? strategies[id] : undefined
  }
  for (const resource of builtInResources(options.definitions, strategyOf)) {
    resources.install(resource)
    if (resource.facade === undefined) cache.claim(resource)
  }
  manager = new CrdManager({ context, webhooks: client, onFault })
  const handler = requestHandler(options, {
    context,
    deletions,
    metrics,
    resources,
    cache,
    access: started,
    flows: fairness,
    admission: chain,
  })
  return {
    start: async () => {
      await cache.start()
      await ensureNamespaces(context, onFault)
      await Promise.all([started.start(), fairness.start()])
    },
    handle: (request, sink) => handler.handle(request, sink),
    upgrade: (request, upgrade) => handler.upgrade(request, upgrade),
    authenticators: started.authenticators,
    healthy: () => cache.following,
    close: () => {
      started.close()
      fairness.close()
      manager?.close()
      cache.close()
      client.close()
    },
  }
}

interface Parts {
  readonly deletions: DeletionCauses | undefined
  readonly context: RegistryContext
  readonly metrics: Metrics
  readonly resources: ResourceTable
  readonly cache: WatchCache
  readonly access: AccessControl
  readonly flows: FlowControl
  readonly admission: AdmissionChain
}

const requestHandler = (
  options: CoreOptions,
  { context, deletions, metrics, resources, cache, access, flows, admission }: Parts,
): RequestHandler => {
  const connect = new ConnectHandler(options.connect, options.ambient)
  const usage = new MetricsHandler(context, options.connect)
  const creates = { ...access.creates, ...podCreates }
  const transactions = new TransactionMetrics()
  const answers = {
    ...creates,
    ...causeReviewCreates({
      authorizer: access.authorizer,
      deletions,
      decrypt: onlySecrets(options.decryptValue ?? plain),
    }),
    ...transactionCreates({ authorizer: access.authorizer, metrics: transactions }),
  }
  const resourceHandler = new ResourceHandler({ context, metrics, connect, usage, creates: answers })
  const discovery = new DiscoveryHandler(resources, { proxied: connect.proxied, creates })
  const openapi = new OpenapiHandler(resources, turnsOf(options.ambient))
  const health = new HealthHandler([
    { name: "ping", about: "liveness", healthy: () => true },
    { name: "store", about: "readiness", healthy: () => cache.following },
    { name: "informer-sync", about: "readiness", healthy: () => cache.following },
  ])
  return new RequestHandler({
    ambient: options.ambient,
    authorizer: access.authorizer,
    flows,
    audit: options.audit === undefined ? undefined : new Auditor(options.audit, options.ambient),
    metrics,
    onFault: options.onFault,
    subjectOf: (info) => subjectOf(info, resources),
    isCounted: (info) => isCounted(info, resources),
    resources: (call) => resourceHandler.handle(call),
    upgrades: (call, upgrade) => resourceHandler.upgrade(call, upgrade),
    paths: [
      (call) => health.handle(call),
      (call) => discovery.handle(call),
      (call) => openapi.handle(call),
      versionHandler(options.version),
      ...access.paths,
      async (call) => {
        if (call.info.path !== "/metrics") return false
        const all = [
          metrics.render(),
          flows.renderMetrics(),
          admission.metrics.render(),
          transactions.render(),
        ]
        await sendText(call, 200, all.join(""))
        return true
      },
    ],
  })
}
