/** The role `runner`: this machine as a Node, and the Sandboxes that are bound to it. */
import { Effect, type Scope } from "effect"
import type { Client } from "../client/index.ts"
import { runNode, runSandboxes } from "../controllers/index.ts"
import type { Informers } from "../reconciler/index.ts"
import type { SandboxRuntime } from "../runtime-shim/index.ts"
import { importImageFolder } from "./image-folder.ts"
import { makeNodeServer, type NodeServerOptions } from "./node-server/index.ts"
import { StartError } from "./start-error.ts"
import { version } from "./version.ts"

export interface RunnerRoleOptions {
  readonly nodeName: string
  /** Where image tars lie. */
  readonly images: string
  readonly tls: NodeServerOptions["tls"]
  /** The common name of the API server's client certificate. */
  readonly apiServer: string
}

const refuse = (what: string) => (error: { readonly message: string }) =>
  new StartError({ reason: "Runtime", message: `${what}: ${error.message}`, cause: error })

/** Ready when the node is registered and takes Sandboxes. Those that ran before are adopted. */
export const runRunner = Effect.fn("Runner.run")(function* (
  options: RunnerRoleOptions,
): Effect.fn.Return<void, StartError, Client | Informers | SandboxRuntime | Scope.Scope> {
  yield* importImageFolder(options.images)
  const { host, port } = yield* makeNodeServer({
    tls: options.tls,
    clientCommonName: options.apiServer,
  }).pipe(Effect.mapError(refuse("the node server cannot run")))
  const { nodeName } = options
  yield* runNode({ nodeName, address: host, port, version: version.gitVersion }).pipe(
    Effect.mapError(refuse(`node ${nodeName} cannot be registered`)),
  )
  yield* runSandboxes({ nodeName, hostIP: host }).pipe(Effect.mapError(refuse("the runtime does not answer")))
})
