/** A Bucket stands for something outside of the API. A finalizer keeps the object until what it stands for is gone. */
import { Clock, Effect } from "effect"
import {
  Controller,
  finalized,
  Informers,
  Manager,
  makeApplier,
  type Request,
  Result,
  rfc3339,
  setCondition,
} from "miren/reconciler"
import { Cloud, type CloudError, MemoryCloud } from "./cloud.ts"
import { Bucket } from "./generated/bucket.gen.ts"

const name = "bucket-operator"

/** Outside names are made of the uid: a Bucket of the same name that comes later is another bucket. */
export const bucketId = ({ metadata }: Bucket): string => metadata.uid ?? ""

const bucketController = Effect.gen(function* () {
  const cloud = yield* Cloud
  const buckets = yield* (yield* Informers).get(Bucket)
  const { applyStatus } = yield* makeApplier(name)

  const tell = Effect.fnUntraced(function* (bucket: Bucket, url: string | undefined, problem: string) {
    const { generation } = bucket.metadata
    const ready = {
      type: "Ready",
      status: url === undefined ? ("False" as const) : ("True" as const),
      reason: url === undefined ? "CloudError" : "Made",
      message: problem,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
    const conditions = setCondition(bucket.status?.conditions, ready, rfc3339(yield* Clock.currentTimeMillis))
    yield* applyStatus(Bucket, bucket, { ...(url === undefined ? {} : { url }), conditions })
  })

  const converge = (bucket: Bucket) =>
    cloud.ensureBucket(bucketId(bucket), bucket.spec?.quota ?? 10).pipe(
      Effect.tap((url) => tell(bucket, url, "the bucket is there")),
      // The trouble is told, and stays an error: it is tried again with a growing delay.
      Effect.tapError((error: CloudError | { readonly message: string }) =>
        "reason" in error ? Effect.void : Effect.ignore(tell(bucket, undefined, error.message)),
      ),
      Effect.as(Result.Done()),
    )
  const release = (bucket: Bucket) => Effect.as(cloud.deleteBucket(bucketId(bucket)), Result.Done())

  const reconcile = Effect.fnUntraced(function* (request: Request) {
    const bucket = buckets.lister.get(request)
    if (bucket === undefined) return Result.Done()
    const finalizer = "examples.miren.dev/bucket"
    return yield* finalized({ kind: Bucket, finalizer, fieldManager: name, converge, release }, bucket)
  })
  return Controller.make({ name, for: Bucket, reconcile })
})

/** In whatever cloud it is given. */
export const bucketOperator = Effect.flatMap(bucketController, (buckets) =>
  Manager.start({ controllers: [buckets] }),
)

/** In a cloud in memory, to try it. */
export const operator = Effect.provide(bucketOperator, new MemoryCloud().layer)
