export { JSON_DEPTH_MAX } from "./limits.ts"
export { checkDepth, clone, equal, isArray, isObject, own, put, tooDeep } from "./value.ts"
