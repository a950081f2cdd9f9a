/** The Kubernetes API over a store. Start with {@link ApiServer}. */
export type { ServiceReference } from "./admission/client-config.ts"
export type { ServiceAddress, ServiceResolver } from "./admission/service-resolver.ts"
export { type Ambient, systemAmbient } from "./ambient.ts"
export {
  AuditFileError,
  type AuditFileOptions,
  type AuditOptions,
  type AuditPolicy,
  AuditPolicyError,
  type AuditWriter,
  openAuditFile,
  parseAuditPolicy,
} from "./audit/index.ts"
export {
  type Authenticator,
  type Credentials,
  certificateAuthenticator,
  parseTokenFile,
  tokenAuthenticator,
} from "./authenticator.ts"
export {
  type AccessRequest,
  type Attributes,
  type Authorizer,
  type Decision,
  defaultAuthorizer,
  type Rules,
} from "./authorizer.ts"
export { type Cause, causeIn, documentOf } from "./causes/cause.ts"
export type { ConnectConfig } from "./connect/config.ts"
export type { ApiRequest, ResponseSink, UserInfo } from "./exchange.ts"
export { ListenError, type Listening, type ListenOptions, listen } from "./frontend/listen.ts"
export type { InProcessRequest, InProcessResponse, InProcessTransport } from "./in-process.ts"
export type { KeyPair } from "./pki/certificate.ts"
export { adminKubeconfig, type KubeconfigOptions } from "./pki/kubeconfig.ts"
export {
  type ClientCertificateOptions,
  ensurePki,
  issueClientCertificate,
  issueServerCertificate,
  type Pki,
  PkiError,
  type PkiOptions,
  type ServerCertificateOptions,
} from "./pki/pki.ts"
export { ApiServer, ApiServerError } from "./server.ts"
export type { ApiServerOptions } from "./server-options.ts"
export {
  AuthenticationConfigurationError,
  ensureSigningKeys,
  type OidcIssuer,
  parseAuthenticationConfiguration,
  type SigningKey,
  SigningKeysError,
  type TokenOptions,
} from "./tokens/index.ts"
export type { ServerVersion } from "./version.ts"
