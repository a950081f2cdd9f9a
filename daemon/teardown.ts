/** `mctl server teardown`: removes all that the runtime of a data dir runs: sandboxes, networks, mounts, rules, containerd. */
import { existsSync } from "node:fs"
import { Effect } from "effect"
import { destroyRuntime } from "../runtime-shim/index.ts"
import type { ServerConfig } from "../schemas/index.ts"
import { layout, runningServer } from "./data-dir.ts"
import { StartError } from "./start-error.ts"

/** Objects stay: a server that starts again makes their sandboxes anew. */
export const teardown = Effect.fn("Server.teardown")(function* (
  config: ServerConfig,
): Effect.fn.Return<void, StartError> {
  const { dataDir } = config
  const pid = runningServer(dataDir)
  if (pid !== undefined) {
    return yield* Effect.fail(
      new StartError({
        reason: "AlreadyRunning",
        message: `a server (pid ${pid}) runs on ${dataDir}: \`mctl server stop --data-dir ${dataDir}\` first`,
      }),
    )
  }
  const runtime = layout(dataDir).runtime
  if (!existsSync(runtime)) return
  const { containerdAddress } = config
  const address = containerdAddress === "" ? {} : { address: containerdAddress }
  yield* destroyRuntime({ dataDir: runtime, ...address }).pipe(
    Effect.mapError((cause) => new StartError({ reason: "Runtime", message: cause.message, cause })),
  )
})
