export { ApiError, isReason } from "./api-error.ts"
export { type Channel, exitCodeOf, type Frame, openChannel, streams } from "./channel.ts"
export * from "./client.ts"
export { ConfigError, type ConfigErrorReason, type ConnectionConfig } from "./connection-config.ts"
export { type ApiResource, Discovery, discoveryLayer, makeDiscovery } from "./discovery.ts"
export { type Call, requestJson } from "./exchange.ts"
export { type HttpsTransport, httpsTransport } from "./https-transport.ts"
export { type KubeconfigOptions, loadKubeconfig } from "./kubeconfig.ts"
export { type ClientOptions, clientLayer, makeClient } from "./make-client.ts"
export { streamBytes, watchDocuments } from "./open-watch.ts"
export { collectionPath, groupVersionPath, objectPath, withQuery } from "./paths.ts"
export { type Read, ReadContext } from "./read-context.ts"
export { makeResolver, resourcesNamed } from "./resource-names.ts"
export { retryAfterMs } from "./response.ts"
export type { Transport, TransportRequest, TransportResponse } from "./transport.ts"
export type { DecodedEvent } from "./watch-decoder.ts"
export {
  causeHeader,
  type Unanswered,
  WriteContext,
  type WriteContextShape,
  type Written,
} from "./write-context.ts"
export { LeadershipLost, WriteFence } from "./write-fence.ts"
