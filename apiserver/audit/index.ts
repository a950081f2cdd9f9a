/** Who did what, written down. Start with {@link Auditor}. */
export { AuditFileError, type AuditFileOptions, openAuditFile } from "./audit-file.ts"
export type { AuditRecord, AuditWriter } from "./audit-record.ts"
export { type AuditOptions, Auditor } from "./auditor.ts"
export {
  type AuditDecision,
  type AuditLevel,
  type AuditPolicy,
  AuditPolicyError,
  type AuditStage,
  decideAudit,
  parseAuditPolicy,
} from "./policy.ts"
