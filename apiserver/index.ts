/** The Kubernetes API over a store. Start with {@link ApiServer}. */
export { type Ambient, systemAmbient } from "./ambient.ts"
export {
  type Authenticator,
  type Credentials,
  certificateAuthenticator,
  parseTokenFile,
  tokenAuthenticator,
} from "./authenticator.ts"
export { type Attributes, type Authorizer, type Decision, defaultAuthorizer } from "./authorizer.ts"
export type { ApiRequest, ResponseSink, UserInfo } from "./exchange.ts"
export type { InProcessRequest, InProcessResponse, InProcessTransport } from "./in-process.ts"
export { ApiServer, ApiServerError } from "./server.ts"
export type { ApiServerOptions } from "./server-options.ts"
export type { ServerVersion } from "./version.ts"
