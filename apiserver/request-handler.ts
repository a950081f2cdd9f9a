/**
 * The way of a request: parsed, noted for the audit log, given a seat, authorized, answered. Whatever is thrown becomes a Status; a defect is
 * logged and answered without details.
 */
import type { Ambient } from "./ambient.ts"
import type { Auditor, AuditRecord } from "./audit/index.ts"
import { type Authorizer, accessOf, isOpenPath, refusal } from "./authorizer.ts"
import type { Call, RequestPart } from "./call.ts"
import type { Upgrade } from "./connect/connect-handler.ts"
import type { ApiRequest, ResponseSink, UserInfo } from "./exchange.ts"
import type { Classified, Seat } from "./flow-control/index.ts"
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
  /** Priority and fairness. */
  readonly flows: { readonly classify: (user: UserInfo, info: RequestInfo) => Classified }
  readonly audit: Auditor | undefined
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

/** A request on its way, and what it has picked up. */
interface Passage {
  readonly request: ApiRequest
  readonly sink: TrackedSink
  readonly auditId: string
  info: RequestInfo | undefined
  record: AuditRecord | undefined
  seat: Seat | undefined
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
    const passage: Passage = {
      request,
      sink: new TrackedSink(sink),
      auditId: ambient.uuid(),
      info: undefined,
      record: undefined,
      seat: undefined,
    }
    try {
      await this.#pass(passage, answer)
    } catch (error) {
      await this.#refuse(passage, error)
    } finally {
      passage.seat?.release()
      const logged = passage.record?.completed()
      if (logged !== undefined) await logged.catch(() => {})
      const seconds = (ambient.now() - started) / 1000
      const { info } = passage
      const counted = info !== undefined && this.#options.isCounted(info) ? info : undefined
      metrics.observe(counted, { code: passage.sink.status ?? 0, seconds })
    }
  }

  async #pass(passage: Passage, answer: Answer): Promise<void> {
    const { authorizer, audit, flows } = this.#options
    const { request, sink, auditId } = passage
    const info = parseRequestInfo(request.method, request.url)
    passage.info = info
    const record = audit?.begin(request, info, auditId)
    if (record !== undefined) {
      passage.record = record
      sink.observe(record)
    }
    const user = await effectiveUser(request, authorizer)
    if (user !== request.user) record?.impersonated(user)
    await this.#seat(passage, flows.classify(user, info))
    await this.#admit(user, info, record)
    const call: Call = {
      request: user === request.user ? request : { ...request, user },
      sink,
      info,
      auditId,
      warnings: [],
      release: () => passage.seat?.release(),
      audit: (part) => this.#auditPart(passage, user, part),
    }
    if (!(await answer(call, info))) await sendNoSuchPath(call)
  }

  #auditPart({ request, auditId }: Passage, user: UserInfo, part: RequestPart): Promise<void> | undefined {
    const record = this.#options.audit?.begin({ ...part.request, user: request.user }, part.info, auditId)
    if (user !== request.user) record?.impersonated(user)
    record?.head(part.code, {})
    return record?.completed()?.catch(() => {})
  }

  /** Fails with `TooManyRequests`. */
  async #seat(passage: Passage, { headers, take }: Classified): Promise<void> {
    passage.sink.addHeaders(headers)
    const seat = take(passage.request.signal)
    passage.seat = seat instanceof Promise ? await seat : seat
  }

  /** As {@link handle}, for a connection that leaves HTTP. What is refused is answered in HTTP, and the connection closed. */
  async upgrade(request: ApiRequest, upgrade: Upgrade): Promise<void> {
    await this.#handleWith(request, new RawSink(upgrade.socket), (call, info) =>
      info.type === "resource" ? this.#options.upgrades({ ...call, info }, upgrade) : Promise.resolve(false),
    )
  }

  /** Fails with `Unauthorized`, `Forbidden`. */
  async #admit(user: UserInfo, info: RequestInfo, record: AuditRecord | undefined): Promise<void> {
    if (isOpenPath(info)) return
    if (user.name === "system:anonymous") throw failure("Unauthorized", "Unauthorized")
    const asked = { user, info: accessOf(info) }
    const decision = await this.#options.authorizer.authorize(asked)
    record?.annotate("authorization.k8s.io/decision", decision.allowed ? "allow" : "forbid")
    record?.annotate("authorization.k8s.io/reason", decision.reason ?? "")
    if (!decision.allowed) throw refusal(asked, decision.reason)
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

  async #refuse(passage: Passage, error: unknown): Promise<void> {
    const { request, sink, auditId, info = unread(request) } = passage
    const call: Call = { request, sink, info, auditId, warnings: [] }
    const status = toStatusError(error, this.#options.subjectOf(info)) ?? this.#defect(passage, error)
    if (sink.status !== undefined) {
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

  #defect({ record }: Passage, error: unknown): StatusError {
    record?.panicked()
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
