/** The gRPC channel to one endpoint: its limits, and TLS as etcd's own clients do it. */
import { isIP } from "node:net"
import { checkServerIdentity } from "node:tls"
import { Channel, ChannelCredentials, type ClientOptions } from "@grpc/grpc-js"

export interface EtcdTls {
  /** The authority that signed the servers' certificates, in PEM. */
  readonly ca: Uint8Array
  /** Our own certificate and key, in PEM, where etcd asks for one. */
  readonly cert?: Uint8Array
  readonly key?: Uint8Array
}

export const channelOptions = (endpoint: string, tls: EtcdTls | undefined): ClientOptions => ({
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  // etcd drops clients that ping more often than every 5 s.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  ...(tls === undefined ? {} : addressOptions(endpoint, tls)),
})

/**
 * What TLS to an IP address needs. A TLS server name must not be an address (RFC 6066, section 3); grpc-js offers one
 * all the same, which Node 26 refuses. So a name that says nothing is offered, and the certificate checked against the
 * address.
 */
const addressOptions = (endpoint: string, tls: EtcdTls): ClientOptions => {
  const address = addressOf(endpoint)
  if (address === undefined) return {}
  const credentials = ChannelCredentials.createSsl(
    Buffer.from(tls.ca),
    bufferOf(tls.key),
    bufferOf(tls.cert),
    {
      checkServerIdentity: (_, certificate) => checkServerIdentity(address, certificate),
    },
  )
  return {
    "grpc.ssl_target_name_override": "etcd.invalid",
    channelFactoryOverride: (target, _, options) => new Channel(target, credentials, options),
  }
}

const addressOf = (endpoint: string): string | undefined => {
  const host = URL.parse(endpoint)?.hostname.replace(/^\[|\]$/g, "")
  return host !== undefined && isIP(host) > 0 ? host : undefined
}

const bufferOf = (bytes: Uint8Array | undefined): Buffer | null =>
  bytes === undefined ? null : Buffer.from(bytes)
