export { JSON_DEPTH_MAX } from "./limits.ts"
export { checkDepth, clone, countValues, equal, isArray, isObject, own, put, tooDeep } from "./value.ts"
