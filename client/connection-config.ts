/** Where an API server is and how to be believed there: what a kubeconfig comes down to. */
export interface ConnectionConfig {
  /** `https://host:port`, perhaps with a path prefix. `http://` is for servers behind a trusted local door only. */
  readonly server: string
  /** PEM. Absent: the system's authorities. */
  readonly ca?: string
  /** PEM; both or neither. */
  readonly clientCertificate?: string
  readonly clientKey?: string
  /** The name that the server's certificate must have, where it is not the host of `server`. */
  readonly serverName?: string
  readonly insecureSkipTlsVerify?: boolean
  /** The value of the Authorization header; asked for at each request, so it may change. */
  readonly authorization?: () => Promise<string | undefined>
  /** Headers of each request: impersonation. */
  readonly headers?: { readonly [name: string]: string }
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string
}

/** What is wrong with a connection's configuration, in a sentence that says where. */
export type ConfigErrorReason = "NotFound" | "Unreadable" | "Invalid" | "Unsupported"

export class ConfigError extends Error {
  override readonly name = "ConfigError"
  readonly reason: ConfigErrorReason

  constructor(reason: ConfigErrorReason, message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

/** Credentials as options of node:tls, node:https and ws alike. */
export const tlsOptions = (config: ConnectionConfig) => ({
  ...(config.ca === undefined ? {} : { ca: config.ca }),
  ...(config.clientCertificate === undefined ? {} : { cert: config.clientCertificate }),
  ...(config.clientKey === undefined ? {} : { key: config.clientKey }),
  ...(config.serverName === undefined ? {} : { servername: config.serverName }),
  ...(config.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
})

/** The headers that say who asks. */
export const credentialHeaders = async (
  config: ConnectionConfig,
): Promise<{ readonly [name: string]: string }> => {
  const authorization = await config.authorization?.()
  return { ...config.headers, ...(authorization === undefined ? {} : { authorization }) }
}
