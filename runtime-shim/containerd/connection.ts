/**
 * Calls to one containerd over its unix socket, typed by the generated services.
 *
 * Guarantees: each unary call has a deadline and is cancelled when its fiber is interrupted. The channel reconnects by
 * itself; a call while containerd is away fails with `Unavailable`. Start with {@link connect}.
 */
import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf"
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js"
import { type Cause, Clock, Effect, Queue, type Scope, Stream } from "effect"
import {
  CALL_DEADLINE_MS,
  GRPC_MESSAGE_BYTES_MAX,
  RECONNECT_BACKOFF_MS_MAX,
  RECONNECT_BACKOFF_MS_MIN,
} from "../limits.ts"
import { RuntimeError } from "../sandbox-runtime.ts"
import { type CallSite, errorOfCode } from "./errors.ts"

/** The containerd namespace that all of ours lives in. */
export const NAMESPACE = "miren"

export interface CallContext {
  /** What the call speaks of, for the error. */
  readonly subject: string
  readonly deadlineMs?: number
  /** A lease that what is made shall belong to. */
  readonly lease?: string
}

type Method<I extends DescMessage, O extends DescMessage> =
  | DescMethodUnary<I, O>
  | DescMethodServerStreaming<I, O>
  | DescMethodBiDiStreaming<I, O>

const pathOf = (method: { readonly parent: { readonly typeName: string }; readonly name: string }) =>
  `/${method.parent.typeName}/${method.name}`

const siteOf = (
  method: { readonly parent: { readonly name: string }; readonly name: string },
  { subject }: CallContext,
): CallSite => ({ operation: `${method.parent.name}.${method.name}`, subject })

const encoderOf =
  <I extends DescMessage>(schema: I) =>
  (message: MessageShape<I>): Buffer => {
    const bytes = toBinary(schema, message)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

const decoderOf =
  <O extends DescMessage>(schema: O) =>
  (bytes: Buffer): MessageShape<O> =>
    fromBinary(schema, bytes)

const metadataOf = ({ lease }: CallContext): Metadata => {
  const metadata = new Metadata()
  metadata.set("containerd-namespace", NAMESPACE)
  if (lease !== undefined) metadata.set("containerd-lease", lease)
  return metadata
}

export class Containerd {
  readonly address: string
  readonly #client: Client

  constructor(address: string) {
    this.address = address
    this.#client = new Client(`unix:${address}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": GRPC_MESSAGE_BYTES_MAX,
      "grpc.max_send_message_length": GRPC_MESSAGE_BYTES_MAX,
      "grpc.initial_reconnect_backoff_ms": RECONNECT_BACKOFF_MS_MIN,
      "grpc.max_reconnect_backoff_ms": RECONNECT_BACKOFF_MS_MAX,
      "grpc.enable_http_proxy": 0,
    })
  }

  close(): void {
    this.#client.close()
  }

  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    context: CallContext,
  ): Effect.Effect<MessageShape<O>, RuntimeError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.callback((resume) => {
        const options: CallOptions = { deadline: now + (context.deadlineMs ?? CALL_DEADLINE_MS) }
        const call = this.#client.makeUnaryRequest(
          pathOf(method),
          encoderOf(method.input),
          decoderOf(method.output),
          create(method.input, request),
          metadataOf(context),
          options,
          (error, value) => {
            if (error !== null) resume(Effect.fail(errorOfCode(siteOf(method, context), error)))
            else if (value !== undefined) resume(Effect.succeed(value))
          },
        )
        return Effect.sync(() => call.cancel())
      }),
    )
  }

  /** A server's stream, without a deadline: it ends when its reader leaves, the server ends it, or the line breaks. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    context: CallContext,
  ): Stream.Stream<MessageShape<O>, RuntimeError> {
    return Stream.callback<MessageShape<O>, RuntimeError>((queue) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const call = this.#client.makeServerStreamRequest(
            pathOf(method),
            encoderOf(method.input),
            decoderOf(method.output),
            create(method.input, request),
            metadataOf(context),
          )
          feed(call, queue, (error) => errorOfCode(siteOf(method, context), error))
          return call
        }),
        (call) => Effect.sync(() => call.cancel()),
      ),
    )
  }

  /** A stream both ways, cancelled when its Scope closes. */
  duplex<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    context: CallContext,
  ): Effect.Effect<Duplex<I, O>, never, Scope.Scope> {
    return Effect.map(
      Effect.acquireRelease(
        Effect.sync(() =>
          this.#client.makeBidiStreamRequest(
            pathOf(method),
            encoderOf(method.input),
            decoderOf(method.output),
            metadataOf(context),
          ),
        ),
        (call) => Effect.sync(() => call.cancel()),
      ),
      (call) => new Duplex(method, call, siteOf(method, context)),
    )
  }
}

type Feed<A> = Queue.Queue<A, RuntimeError | Cause.Done>

const feed = <A>(
  call: NodeJS.EventEmitter,
  queue: Feed<A>,
  errorOf: (error: ServiceError) => RuntimeError,
): void => {
  call.on("data", (value: A) => Queue.offerUnsafe(queue, value))
  call.on("error", (error: ServiceError) => Effect.runSync(Queue.fail(queue, errorOf(error))))
  call.on("end", () => Queue.endUnsafe(queue))
}

/** Request and answer in turn over a stream both ways. */
export class Duplex<I extends DescMessage, O extends DescMessage> {
  readonly #method: Method<I, O>
  readonly #call: ClientDuplexStream<MessageShape<I>, MessageShape<O>>
  readonly #site: CallSite
  #failure: RuntimeError | undefined

  constructor(
    method: Method<I, O>,
    call: ClientDuplexStream<MessageShape<I>, MessageShape<O>>,
    site: CallSite,
  ) {
    this.#method = method
    this.#call = call
    this.#site = site
    call.on("error", (error: ServiceError) => {
      this.#failure = errorOfCode(site, error)
    })
  }

  /** Sends one request and gives its answer. */
  ask(request: MessageInitShape<I>): Effect.Effect<MessageShape<O>, RuntimeError> {
    return Effect.callback((resume) => {
      if (this.#failure !== undefined) return resume(Effect.fail(this.#failure))
      const call = this.#call
      const settle = (effect: Effect.Effect<MessageShape<O>, RuntimeError>) => {
        call.off("data", onData).off("error", onError).off("end", onEnd)
        resume(effect)
      }
      const onData = (value: MessageShape<O>) => settle(Effect.succeed(value))
      const onError = (error: ServiceError) => settle(Effect.fail(errorOfCode(this.#site, error)))
      const onEnd = () => {
        const message = `containerd ${this.#site.operation}: the stream ended without an answer`
        settle(Effect.fail(new RuntimeError({ reason: "Unavailable", ...this.#site, message })))
      }
      call.on("data", onData).on("error", onError).on("end", onEnd)
      call.write(create(this.#method.input, request))
    })
  }
}

/** A connection that is closed with its Scope. Nothing is sent before the first call. */
export const connect = (address: string): Effect.Effect<Containerd, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Containerd(address)),
    (containerd) => Effect.sync(() => containerd.close()),
  )
