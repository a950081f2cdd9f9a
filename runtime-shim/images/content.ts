/** Blobs in containerd's content store, by digest. */
import { Effect, Stream } from "effect"
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

const write = (containerd: Containerd, blob: Blob, context: CallContext) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { digest, size, labels } = blob
      const ref = `miren-${digest}`
      const total = BigInt(size)
      yield* Effect.ignore(containerd.call(Content.method.abort, { ref }, context))
      const duplex = yield* containerd.duplex(Content.method.write, context)
      const opened = { ref, total, expected: digest }
      yield* duplex.ask({ ...opened, action: WriteAction.STAT })
      let offset = 0n
      yield* Stream.runForEach(blob.chunks, (chunk) =>
        Effect.forEach(
          cut(chunk),
          (data) =>
            Effect.gen(function* () {
              if (offset + BigInt(data.length) > total) {
                const message = `the blob ${digest} is longer than the ${size} bytes that were announced`
                return yield* Effect.fail(
                  new RuntimeError({
                    reason: "ImagePullFailed",
                    operation: "write",
                    subject: context.subject,
                    message,
                  }),
                )
              }
              yield* duplex.ask({ ...opened, action: WriteAction.WRITE, offset, data })
              offset += BigInt(data.length)
            }),
          { discard: true },
        ),
      )
      yield* duplex.ask({ ...opened, action: WriteAction.COMMIT, offset, labels })
    }),
  )

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
