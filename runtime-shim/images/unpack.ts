/** An image's layers as a stack of committed snapshots, named by chain id. */
import { Effect, Random } from "effect"
import type { CallContext, Containerd } from "../containerd/connection.ts"
import { UNPACK_DEADLINE_MS } from "../limits.ts"
import { Diff } from "../proto/containerd/diff.gen.ts"
import { Snapshots } from "../proto/containerd/snapshots.gen.ts"
import { RuntimeError } from "../sandbox-runtime.ts"
import { chainIds, type Descriptor } from "./manifest.ts"

export interface LayerStack {
  readonly snapshotter: string
  readonly layers: ReadonlyArray<Descriptor>
  readonly diffIds: ReadonlyArray<string>
}

export const hasSnapshot = (
  containerd: Containerd,
  { snapshotter, key }: { readonly snapshotter: string; readonly key: string },
  context: CallContext,
): Effect.Effect<boolean, RuntimeError> =>
  containerd.call(Snapshots.method.stat, { snapshotter, key }, context).pipe(
    Effect.as(true),
    Effect.catchIf(
      (error) => error.reason === "NotFound",
      () => Effect.succeed(false),
    ),
  )

interface Layer {
  readonly snapshotter: string
  readonly layer: Descriptor
  readonly diffId: string
  readonly parent: string
  readonly chainId: string
}

const apply = (containerd: Containerd, layer: Layer, context: CallContext) =>
  Effect.gen(function* () {
    const { snapshotter, parent, chainId, diffId } = layer
    const { mediaType, digest, size } = layer.layer
    const key = `extract-${(yield* Random.nextIntBetween(0, 2 ** 48)).toString(16)} ${chainId}`
    const remove = containerd.call(Snapshots.method.remove, { snapshotter, key }, context)
    const { mounts } = yield* containerd.call(
      Snapshots.method.prepare,
      { snapshotter, key, parent, labels: {} },
      context,
    )
    yield* Effect.gen(function* () {
      const diff = { mediaType, digest, size: BigInt(size), annotations: {} }
      const slow = { ...context, deadlineMs: UNPACK_DEADLINE_MS }
      const { applied } = yield* containerd.call(Diff.method.apply, { diff, mounts }, slow)
      if (applied?.digest !== diffId) {
        const message = `layer ${digest} unpacks to ${applied?.digest}, but the image's config says ${diffId}`
        return yield* Effect.fail(
          new RuntimeError({
            reason: "ImagePullFailed",
            operation: "unpack",
            subject: context.subject,
            message,
          }),
        )
      }
      yield* containerd.call(
        Snapshots.method.commit,
        { snapshotter, name: chainId, key, labels: {} },
        context,
      )
    }).pipe(
      Effect.onError(() => Effect.ignore(remove)),
      Effect.catchIf(
        (error) => error.reason === "AlreadyExists",
        () => Effect.void,
      ),
    )
  })

/** Unpacks what is missing of the stack; call it under a lease. Gives the chain id of the top. */
export const ensureUnpacked = (
  containerd: Containerd,
  { snapshotter, layers, diffIds }: LayerStack,
  context: CallContext,
): Effect.Effect<string, RuntimeError> =>
  Effect.gen(function* () {
    const chain = chainIds(diffIds)
    for (const [i, chainId] of chain.entries()) {
      if (yield* hasSnapshot(containerd, { snapshotter, key: chainId }, context)) continue
      const layer = layers[i]
      const diffId = diffIds[i]
      if (layer === undefined || diffId === undefined) break
      yield* apply(containerd, { snapshotter, layer, diffId, chainId, parent: chain[i - 1] ?? "" }, context)
    }
    return chain.at(-1) ?? ""
  })
