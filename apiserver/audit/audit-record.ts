/** One request on its way through the server, as the audit log tells it: an event for each stage that the policy wants. */
import type { JsonObject } from "../../schemas/index.ts"
import type { ApiRequest, UserInfo } from "../exchange.ts"
import { isStream } from "../flow-control/index.ts"
import type { RequestInfo } from "../request-info.ts"
import type { ResponseObserver } from "../tracked-sink.ts"
import { BodyCopy, documentOf } from "./body-copy.ts"
import { auditLimits } from "./limits.ts"
import type { AuditDecision, AuditStage } from "./policy.ts"

/** Takes one event as a line; a promise is something to wait for before more is written. */
export type AuditWriter = (line: string) => void | Promise<void>

export interface RecordOptions {
  readonly request: ApiRequest
  readonly info: RequestInfo
  readonly auditId: string
  readonly decision: AuditDecision
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly write: AuditWriter
}

const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/Z$/, "000Z")

const userDocument = ({ name, uid, groups, extra }: UserInfo): JsonObject => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups,
  ...(extra === undefined ? {} : { extra }),
})

const objectRef = (info: RequestInfo): JsonObject => {
  if (info.type === "path") return {}
  const { resource, namespace, name, group, version, subresource } = info
  return {
    objectRef: {
      resource,
      ...(namespace === "" ? {} : { namespace }),
      ...(name === "" ? {} : { name }),
      ...(group === "" ? {} : { apiGroup: group }),
      apiVersion: version,
      ...(subresource === "" ? {} : { subresource }),
    },
  }
}

/** Lasts as long as its client likes: noted when it begins too, and its content never. */
const isLong = (info: RequestInfo): boolean => info.verb === "watch" || isStream(info)

export class AuditRecord implements ResponseObserver {
  readonly #options: RecordOptions
  readonly #received: string
  readonly #annotations: Record<string, string> = {}
  readonly #response: BodyCopy | undefined
  #impersonated: UserInfo | undefined
  #status: number | undefined
  #headers: { readonly [name: string]: string } = {}
  #pending: Promise<void> | undefined

  constructor(options: RecordOptions) {
    this.#options = options
    this.#received = timeOf(options.now())
    this.#response = options.decision.level === "RequestResponse" ? new BodyCopy() : undefined
    this.#stage("RequestReceived")
  }

  /** The request acts as another user. */
  impersonated(user: UserInfo): void {
    this.#impersonated = user
  }

  annotate(key: string, value: string): void {
    this.#annotations[key] = value
  }

  head(status: number, headers: { readonly [name: string]: string }): void {
    this.#status = status
    this.#headers = headers
    if (isLong(this.#options.info)) this.#stage("ResponseStarted")
  }

  chunk(bytes: Uint8Array): void {
    if (!isLong(this.#options.info)) this.#response?.add(bytes)
  }

  /** The request has been answered in full. Settles when the log can take more. */
  completed(): Promise<void> | undefined {
    this.#stage("ResponseComplete")
    return this.#pending
  }

  /** The server itself failed. */
  panicked(): void {
    this.#stage("Panic")
  }

  #stage(stage: AuditStage): void {
    const { decision, write } = this.#options
    if (decision.omitStages.has(stage)) return
    const written = write(JSON.stringify(this.#event(stage)))
    if (written !== undefined) this.#pending = written
  }

  #event(stage: AuditStage): JsonObject {
    const { request, info, auditId, decision, now } = this.#options
    const received = stage === "RequestReceived"
    const annotations = { ...this.#annotations }
    const bodies = received ? {} : this.#bodies(annotations)
    return {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: decision.level,
      auditID: auditId,
      stage,
      requestURI: request.url,
      verb: info.verb,
      user: userDocument(request.user),
      ...(this.#impersonated === undefined ? {} : { impersonatedUser: userDocument(this.#impersonated) }),
      ...(request.peer === undefined ? {} : { sourceIPs: [request.peer] }),
      userAgent: request.headers["user-agent"] ?? "",
      ...objectRef(info),
      ...(this.#status === undefined ? {} : { responseStatus: { metadata: {}, code: this.#status } }),
      ...bodies,
      requestReceivedTimestamp: this.#received,
      stageTimestamp: timeOf(now()),
      ...(received || Object.keys(annotations).length === 0 ? {} : { annotations }),
    }
  }

  #bodies(annotations: Record<string, string>): JsonObject {
    const { request, decision } = this.#options
    const { omitManagedFields } = decision
    if (decision.level === "Metadata") return {}
    const sent = request.body.length > auditLimits.bodyBytesMax ? undefined : request.body
    const answered = this.#response?.bytes
    const truncated = sent === undefined || (this.#response !== undefined && answered === undefined)
    if (truncated) annotations["audit.k8s.io/truncated"] = "true"
    const contentType = request.headers["content-type"]
    const requestObject =
      sent === undefined ? undefined : documentOf(sent, { contentType, omitManagedFields })
    const responseObject =
      answered === undefined
        ? undefined
        : documentOf(answered, {
            contentType: this.#headers["content-type"],
            encoding: this.#headers["content-encoding"],
            omitManagedFields,
          })
    return {
      ...(requestObject === undefined ? {} : { requestObject }),
      ...(responseObject === undefined ? {} : { responseObject }),
    }
  }
}
