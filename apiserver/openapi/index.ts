export { openapiFingerprint } from "./fingerprint.ts"
export { definitionName } from "./names.ts"
export { OPENAPI_V2_MEDIA_TYPE, openapiV2Parts } from "./openapi-v2.ts"
export { type OpenapiInput, openapiV3Parts } from "./openapi-v3.ts"
