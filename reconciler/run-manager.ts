/** A manager for who does not write Effect: runs until its signal is aborted. Start with {@link runManager}. */
import { Cause, Effect, Exit, Layer } from "effect"
import type { Client } from "../client/index.ts"
import { clientLayer, httpsTransport, loadKubeconfig, type Transport } from "../client/index.ts"
import { Informers } from "./informers.ts"
import { Manager, type ManagerHandle, type ManagerOptions } from "./manager.ts"

export interface RunManagerOptions extends ManagerOptions<Client | Informers> {
  /** The way to the server. Absent: that of the kubeconfig, or of the pod's service account. */
  readonly transport?: Transport
  readonly userAgent?: string
  /** Begins the shutdown: no more keys are taken, running reconciles get their grace, the lease is given up. */
  readonly signal: AbortSignal
  /** Told once the controllers are started. */
  readonly onStarted?: (manager: ManagerHandle) => void
}

const connect = async (options: RunManagerOptions) => {
  if (options.transport !== undefined) return { transport: options.transport, close: () => {} }
  const config = await loadKubeconfig()
  const transport = httpsTransport(config)
  return { transport, host: new URL(config.server).host, close: () => transport.close() }
}

/** Resolves when the shutdown is over. Rejects where there is no configuration, or something failed that must not. */
export const runManager = async (options: RunManagerOptions): Promise<void> => {
  const { transport, close, host } = await connect(options)
  const { userAgent, signal, onStarted } = options
  const client = clientLayer(transport, {
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(host === undefined ? {} : { host }),
  })
  const run = Effect.gen(function* () {
    onStarted?.(yield* Manager.start(options))
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(Informers.layer(), client)))
  try {
    const exit = await Effect.runPromiseExit(run, { signal })
    if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) throw Cause.squash(exit.cause)
  } finally {
    close()
  }
}
