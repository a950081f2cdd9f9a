/** The audit log as the request handler sees it: a record for each request that the policy wants one of. */
import type { Ambient } from "../ambient.ts"
import { accessOf } from "../authorizer.ts"
import type { ApiRequest } from "../exchange.ts"
import type { RequestInfo } from "../request-info.ts"
import { AuditRecord, type AuditWriter } from "./audit-record.ts"
import { type AuditPolicy, decideAudit } from "./policy.ts"

export interface AuditOptions {
  readonly policy: AuditPolicy
  readonly write: AuditWriter
}

export class Auditor {
  readonly #options: AuditOptions
  readonly #ambient: Ambient

  constructor(options: AuditOptions, ambient: Ambient) {
    this.#options = options
    this.#ambient = ambient
  }

  /** undefined when nothing is written of the request. */
  begin(request: ApiRequest, info: RequestInfo, auditId: string): AuditRecord | undefined {
    const { policy, write } = this.#options
    const decision = decideAudit(policy, request.user, accessOf(info))
    if (decision === undefined) return undefined
    const now = () => this.#ambient.now()
    return new AuditRecord({ request, info, auditId, decision, now, write })
  }
}
