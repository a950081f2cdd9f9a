/** A cluster by the kubeconfig that the options, the environment or the home folder name. */
import { type HttpsTransport, httpsTransport, loadKubeconfig } from "../client/wire/index.ts"
import { makeApi } from "./api.ts"
import type { Arguments } from "./arguments.ts"
import type { Cluster } from "./program.ts"

export interface Connection extends Cluster {
  readonly transport: HttpsTransport
}

export const connectCluster = async (
  args: Arguments,
  onWarning: (text: string) => void,
): Promise<Connection> => {
  const kubeconfig = args.text("kubeconfig")
  const context = args.text("context")
  const config = await loadKubeconfig({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
  })
  const transport = httpsTransport(config)
  return {
    transport,
    api: makeApi({ transport, server: config.server, onWarning }),
    namespace: config.namespace,
    server: config.server,
    openChannel: async (path) => (await import("./web-socket.ts")).openWebSocket(config, path),
  }
}
