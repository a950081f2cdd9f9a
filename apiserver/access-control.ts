/**
 * Who may do what, put together: authenticators, authorizer, checks of writes, reviews, tokens, certificates. One part of
 * a server; it follows the cache and is asked by the core.
 */
import type { Authenticator } from "./authenticator.ts"
import { authenticate } from "./authenticator.ts"
import { type Authorizer, defaultAuthorizer, privileged, refusal } from "./authorizer.ts"
import type { Call } from "./call.ts"
import { admitCertificates, csrId, csrStrategy, SigningLoop } from "./certificates/index.ts"
import { flowStrategies } from "./flow-control/index.ts"
import { admitByNode, boundNode, nodeAuthorizer } from "./node-access/index.ts"
import { Rbac, rbacGroup, rbacStrategies } from "./rbac/index.ts"
import type { AdmissionRequest, RegistryContext } from "./registry/context.ts"
import type { SubresourceCreates } from "./registry/subresource-create.ts"
import type { PathRequestInfo } from "./request-info.ts"
import type { Resource } from "./resource.ts"
import { type IdentifyToken, reviewStrategies } from "./reviews/index.ts"
import type { ApiServerOptions } from "./server-options.ts"
import type { Strategy } from "./strategy.ts"
import {
  answerTokenRequest,
  fetchTextWith,
  OidcTokens,
  oidcAuthenticator,
  ServiceAccountTokens,
  serviceAccountAuthenticator,
  tokenDiscovery,
  tokenRequestKind,
} from "./tokens/index.ts"
import type { CacheEvent } from "./watch-cache/event-window.ts"

export interface AccessControlOptions {
  readonly server: ApiServerOptions
  readonly context: RegistryContext
  readonly onFault: (message: string, cause: unknown) => void
}

export class AccessControl {
  readonly authorizer: Authorizer
  /** Strategies of the kinds that this part knows, by `group/plural`. */
  readonly strategies: { readonly [id: string]: Strategy }
  /** Tried in order. */
  readonly authenticators: ReadonlyArray<Authenticator>
  readonly creates: SubresourceCreates
  readonly paths: ReadonlyArray<(call: Call<PathRequestInfo>) => Promise<boolean>>
  readonly #rbac: Rbac
  readonly #tokens: ServiceAccountTokens | undefined
  readonly #signing: SigningLoop | undefined

  constructor({ server, context, onFault }: AccessControlOptions) {
    const served = server.definitions.some(({ group }) => group === rbacGroup)
    this.#rbac = new Rbac({ context, authorizer: () => this.authorizer, onFault })
    const policy = server.authorize ?? (served ? this.#rbac.authorizer : defaultAuthorizer)
    this.authorizer = privileged(nodeAuthorizer(boundNode(context), policy))
    this.#tokens = server.tokens === undefined ? undefined : new ServiceAccountTokens(context, server.tokens)
    const ca = server.certificateSigner
    this.#signing = ca === undefined ? undefined : new SigningLoop({ context, ca, onFault })
    const { ambient } = context
    const fetchText = ({ ca: authority }: { readonly ca?: string }) =>
      server.fetchText ?? fetchTextWith(ambient, authority)
    const issuers = (server.oidc ?? []).map(
      (issuer) => new OidcTokens(issuer, { ambient, fetchText, onFault }),
    )
    this.authenticators = [
      ...(this.#tokens === undefined ? [] : [serviceAccountAuthenticator(this.#tokens)]),
      ...(server.authenticate ?? []),
      ...issuers.map(oidcAuthenticator),
    ]
    this.strategies = {
      ...rbacStrategies,
      ...flowStrategies,
      ...reviewStrategies({ authorizer: this.authorizer, identify: this.#identify }),
      [csrId]: csrStrategy,
    }
    this.creates = this.#createsOf(this.#tokens)
    this.paths = this.#tokens === undefined ? [] : [tokenDiscovery(this.#tokens)]
  }

  #createsOf(tokens: ServiceAccountTokens | undefined): SubresourceCreates {
    if (tokens === undefined) return {}
    const answer: SubresourceCreates[string]["answer"] = (operation) => answerTokenRequest(tokens, operation)
    return { "/serviceaccounts/token": { kind: tokenRequestKind, answer } }
  }

  /** Tokens for this server may be anybody's; those for others are ServiceAccounts'. */
  readonly #identify: IdentifyToken = async (bearerToken, audiences) => {
    const tokens = this.#tokens
    const own = tokens?.audiences ?? []
    const asked = audiences.length === 0 ? own : audiences
    if (audiences.length === 0 || asked.some((audience) => own.includes(audience))) {
      const user = await authenticate(this.authenticators, { certificate: undefined, bearerToken })
      if (user !== "invalid" && user.name !== "system:anonymous") {
        return { user, audiences: audiences.filter((audience) => own.includes(audience)) }
      }
    }
    const meant = asked.filter((audience) => tokens?.identify(bearerToken, [audience]) !== undefined)
    const user = tokens?.identify(bearerToken, meant)
    if (user === undefined) return undefined
    return { user: { ...user, groups: [...user.groups, "system:authenticated"] }, audiences: meant }
  }

  /** Refuses a write that gives more than the writer may give. Fails with `Forbidden`, `NotFound`, `Invalid`. */
  async admit(request: AdmissionRequest): Promise<void> {
    await this.#admitCreation(request)
    admitByNode(request)
    await this.#rbac.admit(request)
    await admitCertificates(this.authorizer, request)
  }

  /** An apply or an update that makes an object needs leave to create it too. */
  async #admitCreation({ operation, call, target }: AdmissionRequest): Promise<void> {
    const { info } = call
    if (operation !== "CREATE" || info.type !== "resource") return
    if (info.verb !== "patch" && info.verb !== "update") return
    const { user } = call.request
    const asked = { user, info: { ...info, verb: "create", name: target.name } }
    const decision = await this.authorizer.authorize(asked)
    if (!decision.allowed) throw refusal(asked, decision.reason)
  }

  changed(resource: Resource, event: CacheEvent): void {
    this.#rbac.changed(resource, event)
    this.#signing?.changed(resource, event)
  }

  loaded(): void {
    this.#rbac.loaded()
    this.#signing?.loaded()
  }

  /** Settles when what every cluster has is there. */
  start(): Promise<void> {
    return this.#rbac.start()
  }

  close(): void {
    this.#rbac.close()
    this.#signing?.close()
  }
}
