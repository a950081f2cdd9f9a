/** What a server is made from. */
import type { ResourceDefinition } from "../schemas/index.ts"
import type { Store } from "../store/index.ts"
import type { ServiceResolver } from "./admission/service-resolver.ts"
import type { Ambient } from "./ambient.ts"
import type { AuditOptions } from "./audit/index.ts"
import type { Authenticator } from "./authenticator.ts"
import type { Authorizer } from "./authorizer.ts"
import type { ConnectConfig } from "./connect/config.ts"
import type { KeyPair } from "./pki/certificate.ts"
import type { FetchText, OidcIssuer, TokenOptions } from "./tokens/index.ts"
import type { ServerVersion } from "./version.ts"

export interface ApiServerOptions {
  readonly store: Store
  /** The built-in kinds. */
  readonly definitions: ReadonlyArray<ResourceDefinition>
  readonly ambient?: Ambient
  readonly version?: ServerVersion
  /** Tried in order, after tokens of ServiceAccounts and before those of OIDC issuers; client certificates by default. */
  readonly authenticate?: ReadonlyArray<Authenticator>
  /** RBAC by default. */
  readonly authorize?: Authorizer
  /** Signs and believes tokens of ServiceAccounts. */
  readonly tokens?: TokenOptions
  /** Other issuers whose tokens are believed. */
  readonly oidc?: ReadonlyArray<OidcIssuer>
  /** How key sets of issuers are fetched; over HTTPS by default. */
  readonly fetchText?: FetchText
  /** Signs approved CertificateSigningRequests of the cluster's own signers. */
  readonly certificateSigner?: KeyPair
  /** Seats of priority and fairness: how many small requests are answered at the same time. */
  readonly seats?: number
  /** What is written down of requests; nothing by default. */
  readonly audit?: AuditOptions
  readonly connect?: ConnectConfig
  /** Where the Services of webhooks are to be reached; by what the server itself knows of them by default. */
  readonly resolveService?: ServiceResolver
  /** How long the causes of deletions are kept; not at all by default. The causes of versions last as long as these do. */
  readonly keepDeletionCausesMs?: number
  /** Secrets at rest: what is stored for their bytes, and back. Bound to the key, so values cannot be swapped. */
  readonly encryptValue?: (key: string, value: Uint8Array) => Uint8Array
  readonly decryptValue?: (key: string, value: Uint8Array) => Uint8Array
}
