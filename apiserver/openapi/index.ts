export { definitionName } from "./names.ts"
export { OPENAPI_V2_MEDIA_TYPE, openapiV2Protobuf } from "./openapi-v2.ts"
export { type OpenapiInput, openapiV3Document } from "./openapi-v3.ts"
