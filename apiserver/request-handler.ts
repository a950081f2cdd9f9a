/**
 * The way of a request: parsed, authenticated, authorized, answered. Whatever is thrown becomes a Status; a defect is
 * logged and answered without details.
 */
import type { Ambient } from "./ambient.ts"
import { type Authorizer, isOpenPath, refusal } from "./authorizer.ts"
import type { Call } from "./call.ts"
import type { Upgrade } from "./connect/connect-handler.ts"
import type { ApiRequest, ResponseSink, UserInfo } from "./exchange.ts"
import { effectiveUser } from "./impersonation.ts"
import { limits } from "./limits.ts"
import type { Metrics } from "./metrics.ts"
import { RawSink } from "./raw-sink.ts"
import {
  type PathRequestInfo,
  parseRequestInfo,
  type RequestInfo,
  type ResourceRequestInfo,
} from "./request-info.ts"
import { failure, type StatusError, type Subject, toStatusError } from "./status-error.ts"
import { TrackedSink } from "./tracked-sink.ts"
import { sendNoSuchPath, sendStatus } from "./wire/status-response.ts"

export type Fault = (message: string, cause: unknown) => void

export interface RequestHandlerOptions {
  readonly ambient: Ambient
  readonly authorizer: Authorizer
  readonly metrics: Metrics
  readonly onFault: Fault
  /** Answers resource requests; false when nothing is served at the path. */
  readonly resources: (call: Call<ResourceRequestInfo>) => Promise<boolean>
  /** What errors of a request speak of. */
  readonly subjectOf: (info: RequestInfo) => Subject
  /** Whether a request has a row of its own among the metrics: clients must not be able to make rows. */
  readonly isCounted: (info: RequestInfo) => boolean
  /** Answers upgrade requests for resources; false when nothing is served at the path. */
  readonly upgrades: (call: Call<ResourceRequestInfo>, upgrade: Upgrade) => Promise<boolean>
  /** Tried in order. */
  readonly paths: ReadonlyArray<(call: Call<PathRequestInfo>) => Promise<boolean>>
}

type Answer = (call: Call, info: RequestInfo) => Promise<boolean>

export class RequestHandler {
  readonly #options: RequestHandlerOptions

  constructor(options: RequestHandlerOptions) {
    this.#options = options
  }

  /** Settles when the answer has been given in full. Never rejects. */
  handle(request: ApiRequest, sink: ResponseSink): Promise<void> {
    return this.#handleWith(request, sink, (call, info) => this.#answer(call, info))
  }

  async #handleWith(request: ApiRequest, sink: ResponseSink, answer: Answer): Promise<void> {
    const { ambient, metrics } = this.#options
    const started = ambient.now()
    const tracked = new TrackedSink(sink)
    const auditId = ambient.uuid()
    let info: RequestInfo | undefined
    try {
      info = parseRequestInfo(request.method, request.url)
      const user = effectiveUser(request)
      const call = {
        request: user === request.user ? request : { ...request, user },
        sink: tracked,
        info,
        auditId,
        warnings: [],
      }
      await this.#admit(user, info)
      if (!(await answer(call, info))) await sendNoSuchPath(call)
    } catch (error) {
      await this.#refuse(
        { request, sink: tracked, info: info ?? unread(request), auditId, warnings: [] },
        error,
      )
    } finally {
      const seconds = (ambient.now() - started) / 1000
      const counted = info !== undefined && this.#options.isCounted(info) ? info : undefined
      metrics.observe(counted, { code: tracked.status ?? 0, seconds })
    }
  }

  /** As {@link handle}, for a connection that leaves HTTP. What is refused is answered in HTTP, and the connection closed. */
  async upgrade(request: ApiRequest, upgrade: Upgrade): Promise<void> {
    await this.#handleWith(request, new RawSink(upgrade.socket), (call, info) =>
      info.type === "resource" ? this.#options.upgrades({ ...call, info }, upgrade) : Promise.resolve(false),
    )
  }

  /** Fails with `Unauthorized`, `Forbidden`. */
  async #admit(user: UserInfo, info: RequestInfo): Promise<void> {
    if (isOpenPath(info)) return
    if (user.name === "system:anonymous") throw failure("Unauthorized", "Unauthorized")
    const decision = await this.#options.authorizer.authorize({ user, info })
    if (!decision.allowed) throw refusal({ user, info }, decision.reason)
  }

  async #answer(call: Call, info: RequestInfo): Promise<boolean> {
    if (call.request.body.length > limits.bodyBytesMax) {
      throw failure("RequestEntityTooLarge", `Request entity too large: limit is ${limits.bodyBytesMax}`)
    }
    if (info.type === "resource") return this.#options.resources({ ...call, info })
    const pathCall = { ...call, info }
    for (const answer of this.#options.paths) if (await answer(pathCall)) return true
    return false
  }

  async #refuse(call: Call<RequestInfo>, error: unknown): Promise<void> {
    const status = toStatusError(error, this.#options.subjectOf(call.info)) ?? this.#defect(error)
    const { sink } = call
    if (sink instanceof TrackedSink && sink.status !== undefined) {
      sink.end()
      return
    }
    try {
      await sendStatus(call, status)
    } catch (cause) {
      this.#options.onFault("an answer could not be sent", cause)
      sink.end()
    }
  }

  #defect(error: unknown): StatusError {
    this.#options.onFault("a request failed for a reason of the server's own", error)
    return failure("InternalError", "Internal error occurred", { details: { causes: [] } })
  }
}

/** What is known of a request whose URL could not be read. */
const unread = (request: ApiRequest): PathRequestInfo => ({
  type: "path",
  verb: request.method.toLowerCase(),
  path: "/",
  parts: [],
  query: new URLSearchParams(),
  method: request.method,
})
