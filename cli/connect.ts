/** A cluster by the kubeconfig that the options, the environment or the home folder name. */
import { join } from "node:path"
import { type ClosableTransport, http1Transport, loadKubeconfig } from "../client/wire/index.ts"
import { makeApi } from "./api.ts"
import type { Arguments } from "./arguments.ts"
import type { Cluster } from "./program.ts"

export interface Connection extends Cluster {
  readonly transport: ClosableTransport
}

export const connectCluster = async (
  args: Arguments,
  options: { readonly onWarning: (text: string) => void; readonly signal: AbortSignal },
): Promise<Connection> => {
  const kubeconfig = args.text("kubeconfig")
  const context = args.text("context")
  const config = await loadKubeconfig({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  })
  const transport = http1Transport(config)
  return {
    transport,
    api: makeApi({ ...options, transport, server: config.server }),
    namespace: config.namespace,
    server: config.server,
    cacheFolder: cacheFolder(process.env),
    openChannel: async (path) => (await import("./web-socket.ts")).openWebSocket(config, path),
  }
}

/** Of the user's own; without a home nothing is remembered. */
const cacheFolder = (environment: { readonly [name: string]: string | undefined }): string | undefined => {
  const cache =
    environment.XDG_CACHE_HOME || (environment.HOME ? join(environment.HOME, ".cache") : undefined)
  return cache === undefined ? undefined : join(cache, "miren", "discovery")
}
