/** The runner's controller of the Sandboxes bound to its node. Start with {@link runSandboxes}. */
import { Duration, Effect, type Scope } from "effect"
import type { Client } from "../../client/index.ts"
import {
  Controller,
  type ControllerHandle,
  Informers,
  keyOf,
  makeEventRecorder,
  reconciling,
  runController,
} from "../../reconciler/index.ts"
import { type RuntimeError, SandboxRuntime } from "../../runtime-shim/index.ts"
import { Sandbox } from "../../schemas/index.ts"
import { runnerWorkersDefault } from "../limits.ts"
import { CONTROLLER_NAME } from "./apply.ts"
import { Holds } from "./holds.ts"
import type { NodeFacts } from "./observed.ts"
import { reconcileSandbox } from "./reconcile.ts"
import { sweepOrphans } from "./sweep.ts"
import { wakeByRuntime } from "./wake.ts"

export { identityOf, newestFirst, type RuntimeIdentity, runtimeLabels } from "./identity.ts"

export interface SandboxRunnerOptions {
  readonly nodeName: string
  /** Told in status.hostIP. Default 127.0.0.1. */
  readonly hostIP?: string
  /** Sandboxes that are worked on at once. Default 32. */
  readonly concurrency?: number
  /** How long running reconciles may go on once the Scope closes. Default: the reconciler's own. */
  readonly grace?: Duration.Input
}

/**
 * Runs the controller in the Scope; sandboxes run on when it closes, and are adopted by the next one.
 *
 * Fails with RuntimeError where the runtime says nothing of itself.
 */
export const runSandboxes = Effect.fn("Sandbox.run")(function* (
  options: SandboxRunnerOptions,
): Effect.fn.Return<ControllerHandle, RuntimeError, Client | Informers | SandboxRuntime | Scope.Scope> {
  const runtime = yield* SandboxRuntime
  const informers = yield* Informers
  const node: NodeFacts = {
    name: options.nodeName,
    hostIP: options.hostIP ?? "127.0.0.1",
    info: yield* runtime.info,
  }
  const grace = options.grace === undefined ? undefined : Duration.fromInputUnsafe(options.grace)
  const holds = new Holds()
  const events = yield* makeEventRecorder(CONTROLLER_NAME)
  const selection = { fieldSelector: `spec.nodeName=${options.nodeName}` }
  const { lister } = yield* informers.get(Sandbox, selection)
  const handle = yield* runController(
    Controller.make({
      name: CONTROLLER_NAME,
      for: reconciling(Sandbox, selection),
      concurrency: options.concurrency ?? runnerWorkersDefault,
      reconcile: (request) => reconcileSandbox(request, { node, lookup: lister.get, holds, events }),
    }),
    grace === undefined ? {} : { grace: () => grace },
  )
  yield* Effect.forkScoped(wakeByRuntime({ enqueue: handle.enqueue, all: () => lister.list().map(keyOf) }))
  yield* Effect.forkScoped(sweepOrphans(options.nodeName))
  return handle
})
