/** Blobs in containerd's content store, by digest. */
import { Effect, Random, Stream } from "effect"
import type { CallContext, Containerd } from "../containerd/connection.ts"
import { CONTENT_CHUNK_BYTES, UNPACK_DEADLINE_MS } from "../limits.ts"
import { Content, WriteAction } from "../proto/containerd/content.gen.ts"
import { RuntimeError } from "../sandbox-runtime.ts"

export interface Blob {
  readonly digest: string
  readonly size: number
  /** Read only when the store lacks the blob. */
  readonly chunks: Stream.Stream<Uint8Array, RuntimeError>
  /** `containerd.io/gc.ref.*` keeps what it names alive with the blob. */
  readonly labels: { readonly [name: string]: string }
}

const isReason = (reason: RuntimeError["reason"]) => (error: RuntimeError) => error.reason === reason

/** The whole of a blob; fails when it is longer than `bytesMax`. */
export const readBlob = (
  containerd: Containerd,
  { digest, bytesMax }: { readonly digest: string; readonly bytesMax: number },
  context: CallContext,
): Effect.Effect<Buffer, RuntimeError> =>
  Effect.gen(function* () {
    const { info } = yield* containerd.call(Content.method.info, { digest }, context)
    if (info === undefined || info.size > BigInt(bytesMax)) {
      const message = `the document ${digest} is longer than ${bytesMax} bytes`
      return yield* Effect.fail(
        new RuntimeError({ reason: "InvalidArgument", operation: "read", subject: context.subject, message }),
      )
    }
    const parts = yield* Stream.runCollect(containerd.stream(Content.method.read, { digest }, context))
    return Buffer.concat(parts.map(({ data }) => data))
  })

const setLabels = (containerd: Containerd, { digest, labels }: Blob, context: CallContext) =>
  containerd.call(
    Content.method.update,
    { info: { digest, labels }, updateMask: { paths: Object.keys(labels).map((name) => `labels.${name}`) } },
    context,
  )

/** Cuts a stream's chunks to what one write may hold. */
const cut = (chunk: Uint8Array): ReadonlyArray<Uint8Array> => {
  const parts: Array<Uint8Array> = []
  for (let at = 0; at < chunk.length; at += CONTENT_CHUNK_BYTES) {
    parts.push(chunk.subarray(at, at + CONTENT_CHUNK_BYTES))
  }
  return parts
}

const tooLong = ({ digest, size }: Blob, { subject }: CallContext) =>
  new RuntimeError({
    reason: "ImagePullFailed",
    operation: "write",
    subject,
    message: `the blob ${digest} is longer than the ${size} bytes that were announced`,
  })

/** Each attempt has an ingest of its own: two at once do not meet, and the later one finds the blob there. */
const write = (containerd: Containerd, blob: Blob, context: CallContext) =>
  Effect.gen(function* () {
    const { digest, size, labels } = blob
    const ref = `miren-${digest}-${(yield* Random.nextIntBetween(0, 2 ** 48)).toString(16)}`
    const total = BigInt(size)
    const opened = { ref, total, expected: digest }
    let offset = 0n
    const stream = Effect.gen(function* () {
      const duplex = yield* containerd.duplex(Content.method.write, context)
      yield* duplex.ask({ ...opened, action: WriteAction.STAT })
      yield* Stream.runForEach(
        Stream.flatMap(blob.chunks, (chunk) => Stream.fromIterable(cut(chunk))),
        (data) =>
          Effect.gen(function* () {
            if (offset + BigInt(data.length) > total) return yield* Effect.fail(tooLong(blob, context))
            yield* duplex.ask({ ...opened, action: WriteAction.WRITE, offset, data })
            offset += BigInt(data.length)
          }),
      )
      yield* duplex.ask({ ...opened, action: WriteAction.COMMIT, offset, labels })
    })
    yield* Effect.scoped(stream).pipe(
      Effect.onError(() => Effect.ignore(containerd.call(Content.method.abort, { ref }, context))),
    )
  })

/** Puts a blob where it is not yet, and its labels in any case. containerd checks the digest. */
export const ensureBlob = (
  containerd: Containerd,
  blob: Blob,
  context: CallContext,
): Effect.Effect<void, RuntimeError> => {
  const slow = { ...context, deadlineMs: UNPACK_DEADLINE_MS }
  const labelled = Object.keys(blob.labels).length === 0 ? Effect.void : setLabels(containerd, blob, context)
  return containerd.call(Content.method.info, { digest: blob.digest }, context).pipe(
    Effect.andThen(labelled),
    Effect.catchIf(isReason("NotFound"), () =>
      write(containerd, blob, slow).pipe(Effect.catchIf(isReason("AlreadyExists"), () => labelled)),
    ),
    Effect.asVoid,
  )
}
