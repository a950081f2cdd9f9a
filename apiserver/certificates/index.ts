/** Certificate requests: their approval, and the signing. Start with {@link SigningLoop}. */
export { admitCertificates } from "./admission.ts"
export { certificatesGroup, csrId, requestedCommonName, signerOf } from "./certificate-request.ts"
export { SigningLoop, type SigningLoopOptions } from "./signing-loop.ts"
export { csrStrategy } from "./strategy.ts"
