/** A cloud that keeps buckets: what is outside of the API. The operator knows only this interface. */
import { Context, Data, Effect, Layer } from "effect"

export class CloudError extends Data.TaggedError("CloudError")<{ readonly message: string }> {}

export class Cloud extends Context.Service<
  Cloud,
  {
    /** Makes it so; the same call again changes nothing. Gives the bucket's URL. */
    readonly ensureBucket: (id: string, quota: number) => Effect.Effect<string, CloudError>
    /** A bucket that is not there is as good as deleted. */
    readonly deleteBucket: (id: string) => Effect.Effect<void, CloudError>
  }
>()("example/Cloud") {}

/** A cloud in memory. It outlives the operator, as clouds do. */
export class MemoryCloud {
  readonly buckets = new Map<string, number>()
  /** How many of the next calls fail. */
  failures = 0

  get layer(): Layer.Layer<Cloud> {
    const call = <A>(what: () => A): Effect.Effect<A, CloudError> =>
      Effect.suspend(() => {
        if (this.failures === 0) return Effect.sync(what)
        this.failures -= 1
        return Effect.fail(new CloudError({ message: "the cloud is not well" }))
      })
    return Layer.succeed(Cloud, {
      ensureBucket: (id, quota) =>
        call(() => {
          this.buckets.set(id, quota)
          return `cloud://buckets/${id}`
        }),
      deleteBucket: (id) => call(() => void this.buckets.delete(id)),
    })
  }
}
