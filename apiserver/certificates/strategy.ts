/** CertificateSigningRequests as objects. Source: registry/certificates/certificates strategy and validation. */
import { isObject } from "../body-object.ts"
import { clone } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Strategy, StrategyContext } from "../strategy.ts"
import { humanDuration } from "../table/index.ts"
import { parseRequest, signerOf, specOf, usagesOf } from "./certificate-request.ts"
import { conditionErrors, confineApproval, keepDecision, stampConditions } from "./conditions.ts"
import { knownUsages } from "./usages.ts"

const defaultUsages = ["digital signature", "key encipherment"]

/** Who asks is what the server says, never the request. */
const fillRequestor = (csr: MutableObject, { user }: StrategyContext): void => {
  const spec = specOf(csr)
  csr.spec = spec
  spec.username = user.name
  spec.groups = [...user.groups]
  delete spec.uid
  delete spec.extra
  if (user.uid !== undefined && user.uid !== "") spec.uid = user.uid
  if (user.extra !== undefined) {
    spec.extra = Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]))
  }
  if (usagesOf(csr).length === 0) spec.usages = [...defaultUsages]
}

const keep = (next: MutableObject, old: MutableObject, key: string): void => {
  const value = old[key]
  if (value === undefined) delete next[key]
  else next[key] = clone(value)
}

const prepareUpdate = (
  csr: MutableObject,
  old: MutableObject,
  { subresource, now }: StrategyContext,
): void => {
  keep(csr, old, "spec")
  if (subresource === "") keep(csr, old, "status")
  if (subresource === "status") keepDecision(csr, old)
  if (subresource !== "") stampConditions(csr, old, now)
}

const invalid = (field: string, value: string, why: string): FieldError => ({
  field,
  type: "FieldValueInvalid",
  detail: `Invalid value: ${JSON.stringify(value)}: ${why}`,
})

const requestErrors = (csr: MutableObject): ReadonlyArray<FieldError> => {
  try {
    parseRequest(csr)
    return []
  } catch (error) {
    const why = error instanceof Error ? error.message : "it is no PKCS#10 request"
    return [invalid("spec.request", "<request>", why)]
  }
}

const signerPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+\/[A-Za-z0-9.:_-]+$/

const signerErrors = (csr: MutableObject): ReadonlyArray<FieldError> => {
  const signer = signerOf(csr)
  if (signer.length <= 571 && signerPattern.test(signer)) return []
  const why = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
  return [invalid("spec.signerName", signer, why)]
}

const usageErrors = (csr: MutableObject): ReadonlyArray<FieldError> =>
  usagesOf(csr).flatMap((usage, index, all): ReadonlyArray<FieldError> => {
    const field = `spec.usages[${index}]`
    const detail = JSON.stringify(usage)
    if (!knownUsages.includes(usage)) {
      const supported = knownUsages.map((known) => JSON.stringify(known)).join(", ")
      const why = `Unsupported value: ${detail}: supported values: ${supported}`
      return [{ field, type: "FieldValueNotSupported", detail: why }]
    }
    if (all.indexOf(usage) === index) return []
    return [{ field, type: "FieldValueDuplicate", detail: `Duplicate value: ${detail}` }]
  })

const certificateErrors = (csr: MutableObject): ReadonlyArray<FieldError> => {
  const text = isObject(csr.status) ? stringOf(csr.status, "certificate") : ""
  if (text === "") return []
  if (Buffer.from(text, "base64").toString("latin1").includes("-----BEGIN CERTIFICATE-----")) return []
  return [
    invalid("status.certificate", "<certificate data>", "must contain at least one CERTIFICATE PEM block"),
  ]
}

/** What has become of a request. Source: printers extractCSRStatus. */
const conditionOf = (csr: MutableObject): string => {
  const status = isObject(csr.status) ? csr.status : {}
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isObject) : []
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type)
  const decision = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending"
  const issued = stringOf(status, "certificate") === "" ? "" : ",Issued"
  return `${decision}${has("Failed") ? ",Failed" : ""}${issued}`
}

/** RequestedDuration and Condition. */
const csrCells = (csr: MutableObject): { readonly [column: number]: string } => {
  const { expirationSeconds } = specOf(csr)
  return {
    3: typeof expirationSeconds === "number" ? humanDuration(expirationSeconds * 1000) : "<none>",
    4: conditionOf(csr),
  }
}

export const csrStrategy: Strategy = {
  generation: false,
  unconditionalUpdate: true,
  pathNames: true,
  prepareCreate: fillRequestor,
  prepareUpdate,
  subresources: { approval: confineApproval },
  cells: csrCells,
  validate: (csr, old) => [
    ...(old === undefined ? [...requestErrors(csr), ...signerErrors(csr), ...usageErrors(csr)] : []),
    ...conditionErrors(csr, old),
    ...certificateErrors(csr),
  ],
}
