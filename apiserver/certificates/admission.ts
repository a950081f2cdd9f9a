/**
 * Who may ask, approve and sign: `approve` and `sign` are verbs on the resource `signers`, by name or `DOMAIN/*`.
 * Source: plugin/pkg/admission/certificates.
 */
import { type Authorizer, isMaster } from "../authorizer.ts"
import type { UserInfo } from "../exchange.ts"
import { equal } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import type { AdmissionRequest } from "../registry/context.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import { forbidden, invalid } from "../status-error.ts"
import {
  certificatesGroup,
  csrId,
  isSelfSigned,
  namesOf,
  parseRequest,
  signerOf,
} from "./certificate-request.ts"

const maySign = async (
  authorizer: Authorizer,
  user: UserInfo,
  asked: { readonly verb: "approve" | "sign"; readonly signer: string },
): Promise<boolean> => {
  if (isMaster(user)) return true
  const domain = asked.signer.slice(0, asked.signer.indexOf("/"))
  for (const name of [asked.signer, `${domain}/*`]) {
    const info = {
      type: "resource",
      verb: asked.verb,
      group: certificatesGroup,
      version: "*",
      resource: "signers",
      subresource: "",
      namespace: "",
      name,
    } as const
    if ((await authorizer.authorize({ user, info })).allowed) return true
  }
  return false
}

/** Nobody becomes a master by certificate, and nobody asks for a key that they do not have. */
const admitRequest = async ({ target }: AdmissionRequest, csr: MutableObject): Promise<void> => {
  const subject = target.resource.subject(stringOf(metadataOf(csr), "name"))
  let request: ReturnType<typeof parseRequest>
  try {
    request = parseRequest(csr)
  } catch {
    return // the validation that follows says what is wrong
  }
  const signer = signerOf(csr)
  if (
    signer === "kubernetes.io/kube-apiserver-client" &&
    namesOf(request).organizations.includes("system:masters")
  ) {
    throw forbidden(subject, `use of ${signer} signer with system:masters group is not allowed`)
  }
  if (await isSelfSigned(request)) return
  const detail = 'Invalid value: "<request>": the signature is not of the key that the request is for'
  throw invalid(subject, [{ field: "spec.request", type: "FieldValueInvalid", detail }])
}

/** Fails with `Forbidden`, `Invalid`. */
export const admitCertificates = async (authorizer: Authorizer, request: AdmissionRequest): Promise<void> => {
  const { object, old, target, call } = request
  if (target.resource.id !== csrId || object === undefined) return
  if (old === undefined) return admitRequest(request, object)
  const { subresource } = target
  if (subresource === "" || equal(object.status, old.status)) return
  const verb = subresource === "approval" ? "approve" : "sign"
  const signer = signerOf(old)
  if (await maySign(authorizer, call.request.user, { verb, signer })) return
  const why = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`
  throw forbidden(target.resource.subject(target.name), why)
}
