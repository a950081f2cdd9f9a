/**
 * The way to a server without the typed client: for programs that start often and cannot pay for Effect's loading (`mctl`).
 * Nothing that is reached from here imports `effect`, HTTP/2 or (at first) a YAML parser.
 */
export {
  type ConnectionConfig,
  credentialHeaders,
  tlsOptions,
} from "../connection-config.ts"
export { type Kubeconfig, loadKubeconfig, readKubeconfig } from "../kubeconfig.ts"
export type { Transport, TransportRequest, TransportResponse } from "../transport.ts"
export { type ClosableTransport, http1Transport } from "./http1-transport.ts"
