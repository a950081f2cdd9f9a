/** What a CertificateSigningRequest asks for, read from its PKCS#10. */
import "reflect-metadata"
import { webcrypto } from "node:crypto"
import * as x509 from "@peculiar/x509"
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { certificateLimits } from "./limits.ts"

export const certificatesGroup = "certificates.k8s.io"
export const csrId = `${certificatesGroup}/certificatesigningrequests`

export const specOf = (object: MutableObject): MutableObject => (isObject(object.spec) ? object.spec : {})

export const signerOf = (object: MutableObject): string => stringOf(specOf(object), "signerName")

export const usagesOf = (object: MutableObject): ReadonlyArray<string> => {
  const { usages } = specOf(object)
  return Array.isArray(usages) ? usages.filter((usage) => typeof usage === "string") : []
}

/** The parsed request. Throws with a sentence that says what is wrong. */
export const parseRequest = (object: MutableObject): x509.Pkcs10CertificateRequest => {
  const pem = Buffer.from(stringOf(specOf(object), "request"), "base64")
  if (pem.length > certificateLimits.requestBytesMax) {
    throw new RangeError(`a request is at most ${certificateLimits.requestBytesMax} bytes`)
  }
  const text = pem.toString("latin1")
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(text)) {
    throw new SyntaxError("PEM block type must be CERTIFICATE REQUEST")
  }
  return new x509.Pkcs10CertificateRequest(x509.PemConverter.decodeFirst(text))
}

/** Whether the request is signed by the key that it asks a certificate for. */
export const isSelfSigned = async (request: x509.Pkcs10CertificateRequest): Promise<boolean> => {
  try {
    return await request.verify(webcrypto as Crypto)
  } catch {
    return false
  }
}

export interface RequestedNames {
  readonly commonName: string
  readonly organizations: ReadonlyArray<string>
  /** `dns:a`, `ip:1.2.3.4`, and such as `email:` and `url:`. */
  readonly alternatives: ReadonlyArray<{ readonly type: string; readonly value: string }>
}

const alternativeNames = "2.5.29.17"

export const namesOf = (request: x509.Pkcs10CertificateRequest): RequestedNames => {
  const found = request.extensions.find(({ type }) => type === alternativeNames)
  const extension = found === undefined ? undefined : new x509.SubjectAlternativeNameExtension(found.rawData)
  return {
    commonName: request.subjectName.getField("CN")[0] ?? "",
    organizations: request.subjectName.getField("O"),
    alternatives: extension?.names.items.map(({ type, value }) => ({ type, value })) ?? [],
  }
}

/** The name that a request is for; undefined when it cannot be read. */
export const requestedCommonName = (object: MutableObject): string | undefined => {
  try {
    return namesOf(parseRequest(object)).commonName
  } catch {
    return undefined
  }
}
