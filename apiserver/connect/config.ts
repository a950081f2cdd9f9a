/** Which subresources the node that runs an object answers, and how the server proves itself to it. */
export interface ConnectConfig {
  /** By `group/plural` (`plural` in the core group): `log` is streamed, every other is an upgraded connection. */
  readonly resources: { readonly [resource: string]: ReadonlyArray<string> }
  /** PEM: the server's client certificate, and the CA that signs the nodes' serving certificates. */
  readonly clientTls: { readonly cert: string; readonly key: string; readonly ca: string }
}
