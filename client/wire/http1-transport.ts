/** A {@link Transport} over HTTP/1.1 alone: every server speaks it, and HTTP/2 takes longer to load than a request to answer. */
import { type ConnectionConfig, credentialHeaders } from "../connection-config.ts"
import { http1Agent } from "../http1-agent.ts"
import type { Transport } from "../transport.ts"

export interface ClosableTransport extends Transport {
  /** Ends every connection; requests under way fail. */
  close(): void
}

export const http1Transport = (config: ConnectionConfig): ClosableTransport => {
  const prefix = new URL(config.server).pathname.replace(/\/+$/, "")
  const agent = http1Agent(config)
  return {
    request: async (request) =>
      agent.request({
        ...request,
        path: `${prefix}${request.path}`,
        headers: { ...request.headers, ...(await credentialHeaders(config)) },
      }),
    close: () => agent.close(),
  }
}
