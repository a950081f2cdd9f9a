/** What a server is made from. */
import type { ResourceDefinition } from "../schemas/index.ts"
import type { Store } from "../store/index.ts"
import type { ServiceResolver } from "./admission/service-resolver.ts"
import type { Ambient } from "./ambient.ts"
import type { Authenticator } from "./authenticator.ts"
import type { Authorizer } from "./authorizer.ts"
import type { ConnectConfig } from "./connect/config.ts"
import type { ServerVersion } from "./version.ts"

export interface ApiServerOptions {
  readonly store: Store
  /** The built-in kinds. */
  readonly definitions: ReadonlyArray<ResourceDefinition>
  readonly ambient?: Ambient
  readonly version?: ServerVersion
  /** Tried in order; client certificates by default. */
  readonly authenticate?: ReadonlyArray<Authenticator>
  readonly authorize?: Authorizer
  readonly connect?: ConnectConfig
  /** Where the Services of webhooks are to be reached; by what the server itself knows of them by default. */
  readonly resolveService?: ServiceResolver
  /** Secrets at rest: what is stored for their bytes, and back. Bound to the key, so values cannot be swapped. */
  readonly encryptValue?: (key: string, value: Uint8Array) => Uint8Array
  readonly decryptValue?: (key: string, value: Uint8Array) => Uint8Array
}
