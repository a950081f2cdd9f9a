/** The runtime that the configuration names, open in a Scope: what a node runs Sandboxes with. */
import { type Context, Effect, Layer, type Scope } from "effect"
import {
  containerdRuntimeLayer,
  fakeRuntimeLayer,
  managedContainerd,
  type RuntimeError,
  type SandboxRuntime,
  servePage,
} from "../runtime-shim/index.ts"
import type { ServerConfig } from "../schemas/index.ts"
import { layout } from "./data-dir.ts"
import { StartError } from "./start-error.ts"

const containerd = (
  config: ServerConfig,
  handler: "gvisor" | "runc",
): Layer.Layer<SandboxRuntime, RuntimeError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const dataDir = layout(config.dataDir).runtime
      const address =
        config.containerdAddress === ""
          ? (yield* managedContainerd({ dataDir })).address
          : config.containerdAddress
      const network = config.podCIDR === undefined ? {} : { subnet4: config.podCIDR }
      return containerdRuntimeLayer({ address, dataDir, handlers: [handler], network })
    }),
  )

const layerOf = (config: ServerConfig): Layer.Layer<SandboxRuntime, RuntimeError> =>
  config.runtime === "fake" ? fakeRuntimeLayer({ serve: servePage }) : containerd(config, config.runtime)

/** The runtime, open while the Scope is. Sandboxes outlive it. */
export const openRuntime = (
  config: ServerConfig,
): Effect.Effect<Context.Context<SandboxRuntime>, StartError, Scope.Scope> =>
  Layer.build(layerOf(config)).pipe(
    Effect.mapError((cause) => new StartError({ reason: "Runtime", message: cause.message, cause })),
  )
